import type { Recipient } from '@postrider/mail/envelope'
import type { SmtpConnection } from './connection.ts'
import type { PeerMemory } from './peer-memory.ts'
import { nextGroup } from './next-group.ts'
import { ConnectionBrokenError, SessionRefusedError } from './outcome.ts'
import type { RecipientResult, TransactionOutcome } from './outcome.ts'
import { TIME_LIMITS, TimeSpan } from './time-limits.ts'
import type { TimeLimits } from './time-limits.ts'
import { transact } from './transaction.ts'
import type { MessageToSend, Sent, TransactOptions } from './transaction.ts'

/** Stores the results of the transactions so far before the next one begins, so that a crash repeats one transaction at most. Gets a result
 * for each recipient that is not settled, marked `onward` for those that follow in further transactions. Resolves with the recipients that
 * are settled now. */
export type Progress = (outcome: TransactionOutcome) => Promise<Recipient[]>

export interface SeriesOptions extends TransactOptions {
  /** Opens another connection for the remaining recipients, when the current one can carry no further transaction. */
  reopen: () => Promise<SmtpConnection>
  /** Transactions that one connection may carry. */
  messagesPerConnection: number
  progress?: Progress
  /** Traits of servers; shared by all messages of a process. */
  peers: PeerMemory
}

export interface SeriesResult extends Pick<Sent, 'reusable' | 'begun'> {
  /** Results of the recipients that no call of `progress` settled. */
  outcome: TransactionOutcome
  /** The connection of the last transaction, to which `reusable` applies. */
  connection: SmtpConnection
  /** `progress` was called, so some recipients may be settled, and another host must not get the message for all recipients. */
  progressed: boolean
}

/**
 * Sends a message in as many transactions as the remote requires. If it accepts only some recipients at once (RFC 5321, 4.5.3.1.8 and
 * 4.5.3.1.10), the others follow immediately, and this does not count as an attempt.
 *
 * The series continues while each transaction settles a recipient or the groups become smaller, so it ends after little more than one
 * transaction for each recipient. After `TimeLimits.seriesMs` the remaining recipients are returned with `onward`: they go back through the
 * queue without a delay. The limit of the server is remembered for other messages. Rejects if the content cannot be read, if `progress`
 * rejects, or if `reopen` rejects with an error other than ConnectionBrokenError and SessionRefusedError.
 */
export async function sendInSeries(
  connection: SmtpConnection,
  message: MessageToSend,
  options: SeriesOptions,
): Promise<SeriesResult> {
  const { reopen, messagesPerConnection, progress = settleNone, peers, limits = TIME_LIMITS } = options
  const results = new Results(message.envelope.recipients)
  const time = new TimeSpan(limits.seriesMs)
  let current = connection
  let left = message.envelope.recipients
  let size = left.length
  let progressed = false
  for (;;) {
    const { maxRecipients = Infinity, lockStep = false } = peers.recall(current.peer)
    const recipients = left.slice(0, Math.max(1, Math.min(size, maxRecipients)))
    const envelope = { ...message.envelope, recipients }
    const timed = { ...options, limits: limitsFor(limits, progressed), lockStep }
    const sent = await transact(current, { ...message, envelope }, timed)
    const reusable = sent.reusable && current.used < messagesPerConnection
    if (!progressed || !closedMeanwhile(sent, current)) {
      results.note(sent.outcome)
      const next = nextGroup(sent, left)
      peers.learn(current.peer, next.learned)
      ;({ recipients: left, size } = next)
      const result = { connection: current, reusable, begun: sent.begun || progressed }
      if (left.length === 0 || time.left === 0) return { ...result, progressed, outcome: results.outcome(left) }
      results.settle(await progress(results.outcome(left)))
      progressed = true
      if (reusable) continue
    }
    current.dialogue.end('QUIT\r\n')
    const reopened = await orUndefined(reopen())
    // The remaining recipients wait for the next attempt, as after any failed connection.
    if (reopened === undefined)
      return { connection: current, reusable: false, begun: true, progressed, outcome: results.outcome() }
    current = reopened
  }
}

const limitsFor = (limits: TimeLimits, progressed: boolean): TimeLimits =>
  progressed ? { ...limits, commandsMs: Math.min(limits.commandsMs, limits.furtherCommandsMs) } : limits

async function orUndefined(opening: Promise<SmtpConnection>): Promise<SmtpConnection | undefined> {
  try {
    return await opening
  } catch (error) {
    if (error instanceof ConnectionBrokenError || error instanceof SessionRefusedError) return undefined
    throw error
  }
}

/** Whether the remote closed the connection after the previous transaction, before it answered MAIL. */
const closedMeanwhile = ({ begun, outcome }: Sent, { used }: SmtpConnection): boolean =>
  used > 1 && !begun && !outcome.recipients.some(({ errorCode }) => errorCode === 'TIMEOUT')

const settleNone: Progress = () => Promise.resolve([])

/** The latest result of each recipient that is not settled. */
class Results {
  #open: Recipient[]
  readonly #latest = new Map<Recipient, RecipientResult>()
  #last: TransactionOutcome = { recipients: [] }

  constructor(recipients: Recipient[]) {
    this.#open = recipients
  }

  note(outcome: TransactionOutcome): void {
    this.#last = outcome
    for (const result of outcome.recipients) this.#latest.set(result.recipient, result)
  }

  settle(recipients: Recipient[]): void {
    const settled = new Set(recipients)
    this.#open = this.#open.filter((recipient) => !settled.has(recipient))
  }

  outcome(onward: Recipient[] = []): TransactionOutcome {
    const further = new Set(onward)
    const recipients = this.#open.map((recipient) => ({
      ...(this.#latest.get(recipient) ?? this.#notAsked(recipient)),
      ...(further.has(recipient) ? { onward: true } : {}),
    }))
    return { ...this.#last, recipients }
  }

  /** The result of a recipient that was in no transaction. What ended the series, such as a refused sender or an overloaded host, concerns
   * this recipient as well. */
  #notAsked(recipient: Recipient): RecipientResult {
    const last = this.#last.recipients.findLast(({ result }) => result !== 'delivered')
    if (last?.stage === 'mail') return { ...last, recipient }
    const reply = `not tried yet${last === undefined ? '' : `; the remote said about another recipient: ${last.reply}`}`
    return { recipient, result: 'failed', reply, errorCode: 'POSTPONED', stage: 'rcpt' }
  }
}
