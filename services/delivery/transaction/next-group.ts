import type { Recipient } from '@postrider/mail/envelope'
import type { PeerTraits } from './peer-memory.ts'
import type { RecipientResult } from './outcome.ts'
import { recipientLimit } from './recipient-limit.ts'
import type { Sent } from './transaction.ts'

/** What follows a transaction. */
export interface NextGroup {
  /** Those to be asked about in further transactions at once; empty when the attempt is over. */
  recipients: Recipient[]
  /** How many of them in the next one, at most. */
  size: number
  /** What the remote showed of itself. */
  learned: PeerTraits
}

/** Decides whether recipients that a transaction did not settle are asked about at once in another one: when the remote wants
 * fewer at a time, or they were left out, and the transaction settled at least one recipient or the next group is smaller.
 * `left` are the recipients that were to be sent to, of whom the transaction may have had a part. Pure. */
export function nextGroup({ outcome, taken, unasked, outOfStep }: Sent, left: Recipient[]): NextGroup {
  const learned: PeerTraits = outOfStep ? { lockStep: true } : {}
  const over: NextGroup = { recipients: [], size: 0, learned }
  const asked = outcome.recipients.filter(({ recipient }) => !unasked.includes(recipient))
  // No answer: the host is left alone until the next attempt.
  if (asked.some(({ result }) => result === 'failed')) return over
  const limited = asked.filter((result) => isLimited(result, taken))
  const waiting = new Set([...limited.map(({ recipient }) => recipient), ...unasked])
  const had = new Set(outcome.recipients.map(({ recipient }) => recipient))
  const recipients = left.filter((recipient) => waiting.has(recipient) || !had.has(recipient))
  const first = limited[0]
  if (first === undefined) return asked.some(isSettled) ? { recipients, size: Infinity, learned } : over
  // At RCPT the remote has shown how many it takes; after DATA only that it were too many.
  const size = first.stage === 'rcpt' ? taken : Math.ceil(taken / 2)
  const isCount = recipientLimit(first.reply, first.stage) === 'count'
  const progress = asked.some((result) => !limited.includes(result) && isSettled(result))
  if (!progress && size >= asked.length) return over
  if (isCount) learned.maxRecipients = size
  return { recipients, size: isCount || !progress ? size : Infinity, learned }
}

/** Refused for the number of recipients, not for itself. If no recipient is accepted, it is not a limit of one transaction. */
function isLimited({ result, reply, stage }: RecipientResult, taken: number): boolean {
  const atLeast = stage === 'rcpt' ? 1 : 2
  return result === 'refused' && stage !== 'mail' && taken >= atLeast && recipientLimit(reply, stage) !== undefined
}

/** Delivered, or refused for good: 5xx is nearly always. */
const isSettled = ({ result, reply }: RecipientResult): boolean =>
  result === 'delivered' || (result === 'refused' && reply.startsWith('5'))
