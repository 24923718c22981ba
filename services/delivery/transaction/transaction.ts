import { needsUtf8 } from '@postrider/mail/address'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import { NEEDS_UTF8, cannotTake, commandsOf } from './commands.ts'
import type { SmtpConnection } from './connection.ts'
import { sendContent } from './content.ts'
import type { Fence } from './content.ts'
import { ConnectionBrokenError, forAll } from './outcome.ts'
import { goesOn, isRefusal, succeeded } from '@postrider/smtp/reply'
import type { RecipientResult, Stage, TransactionOutcome } from './outcome.ts'
import type { Reply } from '@postrider/smtp/reply'
import { Results } from './results.ts'
import { TIME_LIMITS, TimeSpan } from './time-limits.ts'
import type { TimeLimits } from './time-limits.ts'

export interface MessageToSend {
  envelope: Envelope
  /** Returns the content from its beginning, at each call. */
  content: () => AsyncIterable<Buffer> | Buffer
  fence?: Fence
}

export interface TransactOptions {
  timeouts: TimeoutConfig
  limits?: TimeLimits
  /** Each command waits for the reply to the one before, even if the remote announces PIPELINING. */
  lockStep?: boolean
}

/** Time-out of RSET. Short, because the outcome of the message is known already and waits for it. Milliseconds. */
const RESET_MS = 10_000

/** The result of one transaction. */
export interface Sent {
  outcome: TransactionOutcome
  /** The connection can carry another transaction. */
  reusable: boolean
  /** The remote answered MAIL, and not with 421. */
  begun: boolean
  /** Number of recipients that the remote accepted at RCPT. */
  taken: number
  /** Recipients that were left out for lack of time. They have a result, too. */
  unasked: Recipient[]
  /** The number of replies did not match the number of pipelined commands. */
  outOfStep: boolean
}

/** Makes one transaction: MAIL, RCPT for each recipient, DATA (RFC 5321, 3.3), in one group if the remote supports PIPELINING (RFC 2920).
 * Every failure of the remote or the connection is an outcome. Rejects only if the content cannot be read. */
export async function transact(
  connection: SmtpConnection,
  message: MessageToSend,
  options: TransactOptions,
): Promise<Sent> {
  const { envelope } = message
  const { remote } = connection
  const impossible = cannotTake(connection, envelope)
  connection.used++
  if (impossible !== undefined) {
    const recipients = forAll(envelope.recipients, { result: 'refused', reply: impossible, ours: true, stage: 'mail' })
    return { outcome: { recipients, remote }, reusable: true, begun: true, taken: 0, unasked: [], outOfStep: false }
  }
  const transaction = new Transaction(connection, message, options)
  const recipients = await transaction.run()
  const { ambiguous, clean, begun, taken, unasked, outOfStep } = transaction
  return {
    outcome: { recipients, remote, ...(ambiguous ? { ambiguous } : {}) },
    reusable: connection.dialogue.usable && clean,
    begun,
    taken: taken.length,
    unasked,
    outOfStep,
  }
}

class Transaction {
  ambiguous = false
  /** MAIL may follow. */
  clean = false
  begun = false
  readonly taken: Recipient[] = []
  unasked: Recipient[] = []
  outOfStep = false
  readonly #connection: SmtpConnection
  readonly #message: MessageToSend
  readonly #timeouts: TimeoutConfig
  readonly #limits: TimeLimits
  /** All commands are sent at once. */
  readonly #grouped: boolean
  readonly #time: TimeSpan
  readonly #results: Results
  #stage: Stage = 'mail'

  constructor(connection: SmtpConnection, message: MessageToSend, options: TransactOptions) {
    const { timeouts, limits = TIME_LIMITS, lockStep = false } = options
    this.#connection = connection
    this.#message = message
    this.#results = new Results(message.envelope.recipients)
    this.#timeouts = timeouts
    this.#limits = limits
    this.#grouped = connection.capabilities.pipelining && !lockStep
    this.#time = new TimeSpan(limits.commandsMs)
  }

  async run(): Promise<RecipientResult[]> {
    try {
      await this.#dialogue()
    } catch (error) {
      if (error instanceof ConnectionBrokenError) {
        this.#breakOff(error)
      } else {
        // The rest of the content cannot be read. The remote must not accept the part that it has as a message.
        this.#connection.dialogue.destroy()
        throw error
      }
    }
    return this.#results.all(this.#stage)
  }

  async #dialogue(): Promise<void> {
    const { dialogue, capabilities } = this.#connection
    const recipients = this.#namable()
    if (recipients.length === 0) {
      this.clean = true
      return
    }
    const commands = commandsOf(this.#message.envelope, recipients, capabilities)
    if (this.#grouped) dialogue.send(commands)
    const next = (index: number, stage: Stage, timeoutMs: number): Promise<Reply> => {
      this.#stage = stage
      if (!this.#grouped) dialogue.send(commands.slice(index, index + 1))
      return this.#reply(stage, timeoutMs)
    }
    const mail = await next(0, 'mail', this.#timeouts.mailMs)
    this.begun = mail.code !== 421
    if (!succeeded(mail) && !this.#refuseSender(recipients, mail)) return
    if (!(await this.#askFor(recipients, next))) return
    if (this.taken.length === 0 && !this.#grouped) return this.#reset()
    const data = await next(recipients.length + 1, 'data', this.#timeouts.dataMs)
    if (!goesOn(data)) await this.#refuseContent(data)
    // A remote that refuses the sender and then wants content might accept a lone dot as a message to the recipients that it accepted.
    else if (succeeded(mail)) await this.#content(this.taken)
    else dialogue.destroy()
  }

  /** Returns true if further replies must be read, because the other commands of the group were sent as well. */
  #refuseSender(recipients: Recipient[], mail: Reply): boolean {
    this.#refuse(recipients, mail, 'mail')
    this.clean = !this.#grouped && mail.code !== 421 && isRefusal(mail)
    return this.#grouped && mail.code !== 421
  }

  /** Sends RCPT for each recipient. Resolves with false if the remote closes the connection with 421. */
  async #askFor(recipients: Recipient[], next: (index: number, stage: Stage, timeoutMs: number) => Promise<Reply>) {
    for (const [index, recipient] of recipients.entries()) {
      if (this.#isLate()) {
        this.#leaveOut(recipients.slice(index))
        return true
      }
      const reply = await next(index + 1, 'rcpt', this.#timeouts.rcptMs)
      if (succeeded(reply)) this.taken.push(recipient)
      else this.#refuse([recipient], reply, 'rcpt')
      if (reply.code === 421) {
        this.#refuse(this.#results.open, reply, 'rcpt')
        return false
      }
    }
    return true
  }

  async #refuseContent(data: Reply): Promise<void> {
    const surplus = this.#connection.dialogue.unread()
    // DATA never gets a 2xx reply, and only 421 comes unasked. Otherwise the replies were assigned to the wrong commands.
    if (this.#grouped && (!isRefusal(data) || (surplus !== undefined && surplus.code !== 421))) {
      this.#loseStep()
      return
    }
    if (!isRefusal(data)) throw new ConnectionBrokenError('PROTOCOL', 'data', `DATA was answered ${data.text}`)
    this.#refuse(this.#results.open, data, 'data')
    if (data.code !== 421) await this.#reset()
  }

  async #content(taken: Recipient[]): Promise<void> {
    const { dialogue } = this.#connection
    const { blockMs } = this.#timeouts
    this.#stage = 'content'
    const onEnd = (): void => {
      this.#stage = 'final'
    }
    // RFC 2920, 3.1: after 354 without an accepted recipient the client sends a lone dot, and ignores the reply.
    const content = taken.length === 0 ? Buffer.alloc(0) : this.#message.content()
    const { fence } = this.#message
    const rate = this.#limits.contentRate
    const interruption = await sendContent(dialogue, content, { blockMs, rate, onEnd, fence })
    if (interruption !== undefined) {
      this.#interrupted(interruption)
      return
    }
    const reply = await this.#finalReply()
    if (succeeded(reply)) this.#results.settle(taken, { result: 'delivered', reply: reply.text, stage: 'final' })
    else this.#refuse(taken, reply, 'final')
    this.clean = reply.code !== 421
  }

  /** Waits for a success or a refusal of the final dot. Another 354 or an undefined code is neither. It is skipped, because the remote has
   * the message, and another attempt would deliver it twice. */
  async #finalReply(): Promise<Reply> {
    const time = new TimeSpan(this.#timeouts.finalMs)
    for (;;) {
      const late = `no reply within ${this.#timeouts.finalMs / 1000} s`
      const reply = await this.#connection.dialogue.reply('final', time.left, late)
      if (succeeded(reply) || isRefusal(reply)) return reply
    }
  }

  /** Handles a reply in the middle of the content. Only a refusal is valid there; an unexpected 250 must not count as the reply to the
   * final dot. The content is incomplete, so the connection cannot be used any more. */
  #interrupted(reply: Reply): void {
    this.#connection.dialogue.destroy()
    if (!isRefusal(reply))
      throw new ConnectionBrokenError('PROTOCOL', 'content', `the content was interrupted by ${reply.text}`)
    this.#refuse(this.#results.open, reply, 'content')
  }

  /** The reply to a command before the content, within the time-out of the command and the time for all commands. */
  #reply(stage: Stage, timeoutMs: number): Promise<Reply> {
    const { left } = this.#time
    if (left >= timeoutMs) return this.#connection.dialogue.reply(stage, timeoutMs)
    const late = `the remote took more than ${this.#limits.commandsMs / 1000} s for the commands before the content`
    return this.#connection.dialogue.reply(stage, left, late)
  }

  /** Whether half of the time for all commands is over in lock step. The accepted recipients then get their mail without the others. */
  #isLate(): boolean {
    return !this.#grouped && this.taken.length > 0 && this.#time.elapsed > this.#limits.commandsMs / 2
  }

  #leaveOut(recipients: Recipient[]): void {
    this.unasked = recipients
    const reply = 'the remote was too slow to try all recipients'
    this.#results.settle(recipients, { result: 'failed', reply, errorCode: 'TIMEOUT', stage: 'rcpt' })
  }

  /** Recipients whose address the remote supports; the others are refused. */
  #namable(): Recipient[] {
    const { recipients } = this.#message.envelope
    if (this.#connection.capabilities.utf8) return recipients
    const unnamable = recipients.filter(({ address }) => needsUtf8(address))
    this.#results.settle(unnamable, { result: 'refused', reply: NEEDS_UTF8, ours: true, stage: 'rcpt' })
    return this.#results.open
  }

  /** Aborts the transaction with RSET, so that the connection can carry another message. Without an answer the connection is closed; what
   * was refused before stays refused. */
  async #reset(): Promise<void> {
    const { dialogue } = this.#connection
    dialogue.send(['RSET\r\n'])
    const answered = dialogue.reply('mail', Math.min(RESET_MS, this.#timeouts.mailMs))
    const answer = await answered.catch(undefinedIfBroken)
    if (answer === undefined) return
    this.clean = succeeded(answer)
    // 354 to RSET is the reply to DATA, delayed by a surplus reply.
    if (this.#grouped && goesOn(answer)) this.#loseStep()
  }

  /** The number of replies did not match the number of commands. It is unknown which recipient was refused, so no recipient is; the next
   * attempt in lock step will show it. */
  #loseStep(): void {
    this.outOfStep = true
    this.clean = false
    this.#connection.dialogue.destroy()
    this.#results.doubt(this.#stage)
  }

  /** Ends the transaction without the reply that is due. If a refusal came just before the connection ended, it is the result. */
  #breakOff(error: ConnectionBrokenError): void {
    const reply = this.#connection.dialogue.unread()
    if (reply !== undefined && isRefusal(reply)) {
      this.#refuse(this.#results.open, reply, this.#stage)
      return
    }
    this.ambiguous = this.#stage === 'final' && this.#results.open.length > 0
    const broken = { result: 'failed', reply: error.message, errorCode: error.code, stage: this.#stage } as const
    this.#results.settle(this.#results.open, broken)
    // After a time-out in a group, perhaps a reply was omitted, and the replies were assigned to the wrong commands.
    const inGroup = this.#grouped && (this.#stage === 'rcpt' || this.#stage === 'data')
    if (inGroup && error.code === 'TIMEOUT') this.#loseStep()
  }

  #refuse(recipients: Recipient[], reply: Reply, stage: Stage): void {
    this.#results.refuse(recipients, reply, stage, this.#connection.tlsFault)
  }
}

function undefinedIfBroken(error: unknown): undefined {
  if (!(error instanceof ConnectionBrokenError)) throw error
}
