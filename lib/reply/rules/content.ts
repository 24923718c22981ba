import type { Rule } from './rule.ts'
import { TRANSLATED } from './translations.ts'

/** Malware. Early, because a scanner's verdict is certain, whatever other words the reply has. */
export const MALWARE: readonly Rule[] = [
  { category: 'virus', pattern: TRANSLATED.virus },
  { category: 'spam-content', pattern: /\bspam or virus/ },
  {
    category: 'virus',
    pattern: /\bvirus(?:es)?\b|\bmalware\b|\binfect(?:ed|ion)\b|\btrojan\b|\beicar\b|unsafe content|\bheuristics\./,
    unless: /(?:virus|clam|scanner).{0,30}(?:unavailable|unreachable|temporar|fail|error|time)/,
  },
]

/** A spam verdict that lists its components, which may be SPF, a name or a listing. */
export const SPAM_CHECKS: readonly Rule[] = [
  { category: 'spam-content', pattern: /\bfail\w{0,3}\b.{0,20}\banti-?spam checks?\b/ },
  {
    category: 'spam-content',
    pattern: /\b(?:detected|identified|classified|considered|flagged|marked) as (?:\S{1,12} )?spam\b/,
  },
]

/** The message or a part of it is too long. */
export const SIZE: readonly Rule[] = [
  { category: 'message-too-large', pattern: TRANSLATED.tooLarge },
  {
    category: 'message-too-large',
    pattern: /\b(?:message|e?-?mail|attachments?|headers?|content)\b.{0,30}\btoo (?:large|big|long)\b|message too/,
  },
  {
    category: 'message-too-large',
    pattern:
      /\b(?:size|length)\b.{0,40}\bexceed|\blength\b.{0,60}\bmaximum\b|exceed\w{0,5}\b.{0,60}\b(?:size|length|limit set by)|\bsize ?limit\b|too much mail data/,
  },
  { category: 'message-too-large', pattern: /\bmax(?:imum)?\b.{0,20}\b(?:message|mail) size\b|takes no more than/ },
]

/** Parts that a site never accepts, whether spam or not: kinds of attachments. */
export const FORBIDDEN_PARTS: readonly Rule[] = [
  {
    category: 'policy',
    pattern:
      /potential security issue|\bmacros?\b|\bpassword-?protected\b|\b(?:zip|exe|executable|archive) files?\b|\bfile (?:extension|name)s?\b|\battachments?\b.{0,40}(?:allow|block|reject|prohibit|permit|type)|\bfile types?\b/,
  },
]

/** The message looks unwanted. Late: many replies of another kind mention spam. */
export const SPAM: readonly Rule[] = [
  { category: 'spam-content', pattern: TRANSLATED.spam },
  {
    category: 'spam-content',
    pattern:
      /\bspam|anti-?spam|\bjunk\b|unsolicited|\bunwanted\b|\bgtube\b|\bphish|\bsuspicious\b|\bbulk e?-?mail\b|\bofr 506\b|\bscored\b.{0,20}\d/,
  },
  {
    category: 'spam-content',
    pattern: /\bcontent (?:was |has been )?(?:reject|denied|block|filter)|\bmessage (?:was |has been )?filtered/,
  },
  { category: 'spam-content', pattern: /(?:reject|denied|blocked)\w{0,3} .{0,30}\bcontent\b/ },
]
