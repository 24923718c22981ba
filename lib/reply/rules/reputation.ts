import type { Rule } from './rule.ts'

const WE = "(?:ips?|client|host|server|network|mta(?:'s)?|address|sender ip)"
const IPV4 = '\\[?\\d{1,3}(?:\\.\\d{1,3}){3}\\]?'

/** The sending address is on a list that is not named above, or has a bad reputation. */
export const REPUTATION: readonly Rule[] = [
  { category: 'blocklisted', pattern: /\bblocked (?:by|using) (?:\S{1,20} )?(?:host|url)\b/ },
  {
    category: 'blocklisted',
    pattern:
      /\blisted (?:in|on|at|by) (?:\S{1,20} )?(?:host|url|\w{1,20}bl)\b|\bblocked using (?:\S{1,20} )?\w{1,20}bl\b/,
  },
  {
    category: 'blocklisted',
    pattern:
      /\b(?:ips?|client|host|server|network|mta(?:'s)?)\b.{0,80}(?:black-? ?list|block-? ?list|deny-? ?list|reject list|\bbanned\b|\blisted\b|reputation)/,
    unless: /\b(?:sender|sending|from) domain\b/,
  },
  { category: 'blocklisted', pattern: /(?:\bbad|\bblack|banned|blocked|black-? ?listed|reputation).{0,30}\bips?\b/ },
  {
    category: 'blocklisted',
    pattern:
      /\bip(?:s| address)?\b.{0,40}\b(?:blocked|not accepted|rejected|denied|black|locked|barred|refused|untrusted|filtered)\b|accepted from (?:this|your) ip\b/,
  },
  // "ip in prison", "address 192.0.2.1 on my black book": the sending address is in or on something.
  {
    category: 'blocklisted',
    pattern: new RegExp(
      `\\b${WE}(?: address)?(?: ${IPV4})? (?:is |was )?(?:in|on) (?:a |an |my |our |the |your )?(?!\\w{1,20}ed\\b)\\w`,
    ),
    unless: /\b(?:dns|ptr|helo|ehlo|spf|maintenance|error|recipient|user|mailbox|order|use|load|progress)\b/,
  },
  { category: 'blocklisted', pattern: /^ip is (?!not\b|invalid|missing|unknown|required)\w{1,20}\W{0,3}$/ },
  {
    category: 'blocklisted',
    pattern: /\b\d{1,3}(?:\.\d{1,3}){3}\b.{0,20}\b(?:blocked|listed|blacklisted|locked|banned)\b|\bbanned sender ?\[/,
  },
  {
    category: 'blocklisted',
    pattern: /\b(?:poor|bad|low) (?:sender )?reputation\b|\(bl\)|\b(?:dynamic|residential|dial-?up) ips?\b/,
  },
  {
    category: 'blocklisted',
    pattern: /\bblack-? ?list|\bblock-? ?list/,
    unless:
      /\bdomain|\b(?:sender|envelope|from) address|\brecipient|\bsubject\b|\battachment|\bfile\b|\bextension\b|\bwords?\b|\bphrases?\b/,
  },
]
