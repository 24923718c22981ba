import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** Lists of domains and URLs: they concern the content, so waiting does not help. Before the lists of addresses, because the same
 * operators run both. */
export const CONTENT_LISTS: readonly Rule[] = [
  {
    category: 'spam-content',
    pattern: /\bcontentlist\b|\bdbl\b|\bsurbl\b|\buribl\b|\brhsbl\b|\bivmuri\b/,
  },
  {
    category: 'spam-content',
    pattern:
      /\breject(?:ed)? content\b|\b(?:urls?|links?|domains?) in (?:this|the|your) (?:e?-?mail|message)\b|\bspam urls?\b|\burls? (?:\S{1,20} )?(?:is |was |are )?(?:listed|black|block)/,
  },
  {
    category: 'spam-content',
    pattern: /\breputation of (?:the |a )?(?:sending )?domain\b|\bdomain(?:'s)? reputation\b/,
    unless: /\bips?\b/,
  },
]

/** Lists of sending addresses by their names, as replies write them without a host name. */
export const ADDRESS_LISTS: readonly Rule[] = [
  {
    category: 'blocklisted',
    pattern: TRANSLATED.listed,
    unless: /\bdomain|\b(?:dominio|domaine|domane)\b|\babsender|\bremitente|\bexpediteur/,
  },
  {
    category: 'blocklisted',
    pattern:
      /\bspam sources?\b|\bspam\b.{0,20}\bfrom (?:this|your) (?:ip|host|server|network)\b|\bsource of spam\b|\bknown spammers?\b/,
  },
  { category: 'blocklisted', pattern: /\baddresslist\b|dnsbl|\brbl|rbl\b|realtime block|real-time black/ },
  {
    category: 'blocklisted',
    pattern:
      /spamhaus|spamcop|\bsorbs\b|abusix|uceprotect|spam ?rats|rats-(?:dyna|noptr|spam|all)|\bcbl\b|\bxbl\b|\bpbl\b|\bsbl\b|hostkarma|spam ?eating ?monkey/,
  },
  {
    category: 'blocklisted',
    pattern:
      /mailspike|spamrl|backscatterer|invaluement|\bivmsip|nix ?spam|\bpsbl\b|\bsender ?(?:score|base)\b|\bspfbl\b|\bdronebl\b|\bgbudb\b|\blashback\b|\bdul\b|\bzen\b/,
  },
  {
    category: 'blocklisted',
    pattern:
      /barracuda ?(?:networks|central|reputation)|\bcsi\b|cloudmark (?:sender|poor)|trend micro email reputation|\bbrbl\b|dynamic reputation/,
  },
]
