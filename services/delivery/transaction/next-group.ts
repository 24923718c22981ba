import type { Recipient } from '@postrider/mail/envelope'
import type { PeerTraits } from './peer-memory.ts'
import type { RecipientResult } from './outcome.ts'
import { recipientLimit } from './recipient-limit.ts'
import type { Sent } from './transaction.ts'

/** The recipients of the next transaction. */
export interface NextGroup {
  /** Recipients for further transactions of this attempt; empty if the attempt is over. */
  recipients: Recipient[]
  /** How many of them the next transaction may have. */
  size: number
  /** Traits of the remote that the transaction showed. */
  learned: PeerTraits
}

/** Decides which recipients that a transaction did not settle follow in another transaction of the same attempt. These are the recipients
 * that were left out or exceeded the remote's limit, provided that the transaction settled a recipient or the next group is smaller.
 * `left`: the recipients before the transaction, which may have been made for a part of them. Pure. */
export function nextGroup({ outcome, taken, unasked, outOfStep }: Sent, left: Recipient[]): NextGroup {
  const learned: PeerTraits = outOfStep ? { lockStep: true } : {}
  const over: NextGroup = { recipients: [], size: 0, learned }
  const asked = outcome.recipients.filter(({ recipient }) => !unasked.includes(recipient))
  // A recipient without a reply: the host is not tried again in this attempt.
  if (asked.some(({ result }) => result === 'failed')) return over
  const limited = asked.filter((result) => isLimited(result, taken))
  const waiting = new Set([...limited.map(({ recipient }) => recipient), ...unasked])
  const had = new Set(outcome.recipients.map(({ recipient }) => recipient))
  const recipients = left.filter((recipient) => waiting.has(recipient) || !had.has(recipient))
  const first = limited[0]
  if (first === undefined) return asked.some(isSettled) ? { recipients, size: Infinity, learned } : over
  // At RCPT the remote has shown how many recipients it accepts; after DATA only that there were too many.
  const size = first.stage === 'rcpt' ? taken : Math.ceil(taken / 2)
  const isCount = recipientLimit(first.reply, first.stage) === 'count'
  const progress = asked.some((result) => !limited.includes(result) && isSettled(result))
  if (!progress && size >= asked.length) return over
  if (isCount) learned.maxRecipients = size
  return { recipients, size: isCount || !progress ? size : Infinity, learned }
}

/** Whether a recipient was refused because of the number of recipients. If the remote accepted no recipient, the reply is not about a limit
 * of one transaction. */
function isLimited({ result, reply, stage }: RecipientResult, taken: number): boolean {
  const atLeast = stage === 'rcpt' ? 1 : 2
  return result === 'refused' && stage !== 'mail' && taken >= atLeast && recipientLimit(reply, stage) !== undefined
}

/** Whether the recipient is delivered or refused permanently, which 5xx nearly always means. */
const isSettled = ({ result, reply }: RecipientResult): boolean =>
  result === 'delivered' || (result === 'refused' && reply.startsWith('5'))
