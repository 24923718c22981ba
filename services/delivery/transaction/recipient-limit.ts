import { parseReply } from '@postrider/reply/parse'
import type { Stage } from './outcome.ts'

/** `count`: the transaction has too many recipients. `kind`: these recipients cannot be in one transaction; a group of others may be
 * larger. */
export type RecipientLimit = 'count' | 'kind'

/** RFC 3463, 3.6: X.5.3 is "too many recipients". */
const TOO_MANY = /^[45]\.5\.3$/
/** Statuses about something else, whatever the code: the address, the mailbox, the mail system, security and so on. */
const ABOUT_SOMETHING_ELSE = /^[45]\.(?:[1-4]|6|7)\.\d+$/

const COUNT_WORDS =
  /\btoo many (?:\S{1,20} )?(?:recipients|rcpts?|recips|receivers)\b|\b(?:only )?one (?:recipient|rcpt)\b|\brecipients? (?:count |number )?limit\b|\bmax(?:imum)? (?:\S{1,12} ){0,3}recipients\b|\bseparate transactions?\b|\bone at a time\b/i
const KIND_WORDS =
  /\b(?:multiple|different|several|more than one) (?:\S{1,20} )?(?:domains?|regions?|destinations?|tenants?|stores?)\b|\bsame (?:domain|region) (?:only|per)\b/i

/** The definition of 452 is "insufficient system storage" (RFC 5321, 4.2.3), and many servers use it for a full mailbox. */
const ROOM_WORDS = /\b(?:storage|space|disk|quota|full|size)\b/i

/** Words for a limit in a period of time. Another transaction would exceed it, too. */
const PER_TIME = /\bper (?:hour|day|minute)\b|\bthis (?:hour|day)\b|\b(?:hourly|daily)\b/i

/**
 * Whether a refusal means that the transaction has enough recipients, so that the others can follow in another one at once. Undefined if it
 * does not.
 *
 * RFC 5321, 4.5.3.1.10, defines 452 for this, and 552 for older servers; the enhanced status is 4.5.3. Many servers use another 4xx code
 * and words of their own. A bare 552 usually means a full mailbox, and a bare 4xx can mean anything. Without a status or words, only 452 to
 * RCPT counts.
 */
export function recipientLimit(reply: string, stage: Stage): RecipientLimit | undefined {
  const { code, enhanced, text } = parseReply(reply)
  if (code === null || code < 400 || PER_TIME.test(text)) return undefined
  const status = enhanced ?? ''
  if (code >= 500 && code !== 552 && !TOO_MANY.test(status)) return undefined
  if (KIND_WORDS.test(text)) return 'kind'
  if (COUNT_WORDS.test(text) || TOO_MANY.test(status)) return 'count'
  const isBare452 = code === 452 && stage === 'rcpt' && !ABOUT_SOMETHING_ELSE.test(status) && !ROOM_WORDS.test(text)
  return isBare452 ? 'count' : undefined
}
