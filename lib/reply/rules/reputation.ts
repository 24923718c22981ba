import type { Rule } from './rule.ts'

/** A listing of a domain or URL in the message is a verdict on content; it does not pass by waiting. Before IP listings: the
 * same list keepers run both. */
export const CONTENT_LISTINGS: readonly Rule[] = [
  {
    category: 'spam-content',
    pattern: /\bdbl\b|\bsurbl\b|\buribl\b|\bspam url\b|\burls? (?:\S{1,20} )?(?:is |was )?(?:listed|black|block)/,
  },
  {
    category: 'spam-content',
    pattern: /\breputation of (?:the |a )?(?:sending )?domain\b|\bdomain(?:'s)? reputation\b/,
    unless: /\bips?\b/,
  },
]

/** The sending address is on a list or has a bad name. */
export const REPUTATION: readonly Rule[] = [
  {
    category: 'blocklisted',
    pattern: /spamhaus|spamcop|barracudacentral|barracuda ?(?:networks\.com\/)?reputation|\bsorbs\b|abusix|uceprotect/,
  },
  {
    category: 'blocklisted',
    pattern:
      /dnsbl|\brbl|rbl\b|realtime block|\bsender ?score|mailspike|spamrl|backscatterer|invaluement|nixspam|\bpsbl\b/,
  },
  {
    category: 'blocklisted',
    pattern:
      /\bcsi\b|cloudmark (?:sender|poor)|trend micro email reputation|prs\.proofpoint|ipcheck\.|sender\.office\.com/,
  },
  { category: 'blocklisted', pattern: /\bblocked using\b|\bblocked by \S{1,60}\.[a-z]{2,}/ },
  {
    category: 'blocklisted',
    pattern:
      /\b(?:ips?|client|host|server|network|mta(?:'s)?)\b.{0,80}(?:black-? ?list|block-? ?list|deny-? ?list|\bbanned\b|\blisted\b|reputation)/,
    unless: /\b(?:sender|sending|from) domain\b/,
  },
  { category: 'blocklisted', pattern: /(?:\bbad|\bblack|banned|blocked|black-? ?listed|reputation).{0,30}\bips?\b/ },
  {
    category: 'blocklisted',
    pattern:
      /\bip(?:s| address)?\b.{0,40}\b(?:blocked|not accepted|rejected|denied|black)\b|accepted from (?:this|your) ip\b/,
  },
  {
    category: 'blocklisted',
    pattern: /\b\d{1,3}(?:\.\d{1,3}){3}\b.{0,20}\b(?:blocked|listed|blacklisted)\b|\bbanned sender ?\[/,
  },
  {
    category: 'blocklisted',
    pattern: /\b(?:poor|bad|low) (?:sender )?reputation\b|\(bl\)|\b(?:dynamic|residential|dial-?up) ips?\b/,
  },
  {
    category: 'blocklisted',
    pattern: /\bblack-? ?list|\bblock-? ?list/,
    unless: /\bdomain|\b(?:sender|envelope|from) address|\brecipient|\bsubject\b|\battachment/,
  },
]
