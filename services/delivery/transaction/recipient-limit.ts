import { parseReply } from '@postrider/reply/parse'
import type { Stage } from './outcome.ts'

/** `count`: so many recipients and no more. `kind`: these recipients do not go together; another selection might be larger. */
export type RecipientLimit = 'count' | 'kind'

/** RFC 3463, 3.6: X.5.3 is "too many recipients". */
const TOO_MANY = /^[45]\.5\.3$/
/** Statuses that say something else, whatever the code: the recipient, its mailbox, storage, policy. */
const ABOUT_SOMETHING_ELSE = /^[45]\.(?:[1-4]|6|7)\.\d+$/

const COUNT_WORDS =
  /\btoo many (?:\S{1,20} )?(?:recipients|rcpts?|recips|receivers)\b|\b(?:only )?one (?:recipient|rcpt)\b|\brecipients? (?:count |number )?limit\b|\bmax(?:imum)? (?:\S{1,12} ){0,3}recipients\b|\bseparate transactions?\b|\bone at a time\b/i
const KIND_WORDS =
  /\b(?:multiple|different|several|more than one) (?:\S{1,20} )?(?:domains?|regions?|destinations?|tenants?|stores?)\b|\bsame (?:domain|region) (?:only|per)\b/i

/** 452 is "insufficient system storage" in the first place, and a full mailbox with many. */
const ROOM_WORDS = /\b(?:storage|space|disk|quota|full|size)\b/i

/** Words of a limit on time, not on one transaction: another transaction meets it as well. */
const PER_TIME = /\bper (?:hour|day|minute)\b|\bthis (?:hour|day)\b|\b(?:hourly|daily)\b/i

/**
 * Whether a reply to RCPT says that this transaction has enough recipients, so that the others can go in another one at once.
 *
 * RFC 5321, 4.5.3.1.10, has 452 for it, and 552 from servers of before; 4.5.3 is its enhanced status. Many servers use another
 * 4xx and their own words. A bare 552 is a full mailbox more often, and bare 4xx is anything: without a status or words they do
 * not count, except 452 itself.
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
