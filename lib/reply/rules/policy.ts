import type { Rule } from './rule.ts'

/** The sender's domain or address is not accepted: it does not resolve, or a callout failed. Before "unknown user" and "no such domain",
 * which have the same words about the recipient. */
export const SENDER: readonly Rule[] = [
  { category: 'policy', pattern: /\bsender address rejected\b/, unless: /fully-qualified|syntax/ },
  {
    category: 'policy',
    pattern:
      /\bsender (?:address |is )?(?:verif|not verified)|\bverify (?:the )?sender|\bvalid sender\b|verify mail ?from|\bsender\b.{0,30}\bnot (?:in|local)\b|\bmail ?from\b.{0,60}\b(?:mismatch|invalid)/,
  },
  {
    category: 'policy',
    pattern:
      /\b(?:sender|from)\b.{0,60}(?:\bdomain|address)\b.{0,60}(?:not exist|n't exist|not found|not resolve|n't resolve|is invalid)/,
  },
  // A mailing list, and who may write to it.
  {
    category: 'policy',
    pattern:
      /\bmailing ?list\b.{0,40}\b(?:closed|moderated|member|subscriber|post)|\b(?:not a|only) (?:list )?(?:members?|subscribers?)\b.{0,30}\b(?:list|post|group)|\bmembers? of (?:this|the) (?:list|group)\b/,
  },
  {
    category: 'policy',
    pattern: /\bnot available to your\b|\b(?:not|n't) accept (?:any )?(?:e-?)?mails? from\b|\bno mail from\b/,
  },
  {
    category: 'policy',
    pattern: /\bdomain of sender\b|\bfrom: domain is invalid|unresolvable.{0,30}\b(?:from|sender)\b|invalid dns mx/,
  },
]

/** The remote refuses and names a rule of its own. Last except for outages, because its words are the least specific. */
export const POLICY: readonly Rule[] = [
  {
    category: 'policy',
    pattern: /\bpolic(?:y|ies)\b|\baccess denied\b|\bprohibit|\bforbidden\b|\bspoof|\bpreferences\b|\bclosed system\b/,
  },
  {
    category: 'policy',
    pattern:
      /\bnot (?:authori[sz]ed|allowed|permitted|accepted)\b|\bauth(?:entication)? (?:is )?(?:required|failed)|\brequires? (?:smtp )?auth|\bforge(?:d|ry)\b|\bnotauthorized\b/,
  },
  {
    category: 'policy',
    pattern:
      /\bblocked\b|\bblock-rcpt\b|\brefused to\b|badrcptto|badmailfrom|purported responsible|\bmulti-?recipient\b|\brestrict(?:ed|ion)/,
  },
  { category: 'policy', codeClass: 5, pattern: /\ballowed[- ]senders|\bblack-? ?list|\bblock-? ?list/ },
  // A refusal without a reason. If the status says more than "policy", the status decides instead.
  {
    category: 'policy',
    codeClass: 5,
    enhanced: /^(?:5\.[07]\.\d{1,3})?$/,
    pattern: /\b(?:refused|rejected|denied|no permit)\b/,
  },
]
