import { needsUtf8 } from '@postrider/mail/address'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { getBounceInfo } from '@postrider/reply/classify'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import { NEEDS_UTF8, cannotTake, commandsOf } from './commands.ts'
import type { SmtpConnection } from './connection.ts'
import { sendContent } from './content.ts'
import type { Fence } from './content.ts'
import { ConnectionBrokenError, forAll } from './outcome.ts'
import { goesOn, isRefusal, succeeded } from '@postrider/smtp/reply'
import type { RecipientResult, Stage, TransactionOutcome } from './outcome.ts'
import type { Reply } from '@postrider/smtp/reply'
import { TIME_LIMITS, TimeSpan } from './time-limits.ts'
import type { TimeLimits } from './time-limits.ts'

export interface MessageToSend {
  envelope: Envelope
  /** The content from its beginning, each time it is asked for. */
  content: () => AsyncIterable<Buffer> | Buffer
  fence?: Fence
}

export interface TransactOptions {
  timeouts: TimeoutConfig
  limits?: TimeLimits
  /** Each command waits for the reply to the one before, whatever the remote announces. */
  lockStep?: boolean
}

/** How long a RSET may take: what the message came to is known already and waits for it. */
const RESET_MS = 10_000

export interface Sent {
  outcome: TransactionOutcome
  /** The connection can carry another transaction. */
  reusable: boolean
  /** The remote answered MAIL, by something else than 421: it knows of this transaction. */
  begun: boolean
  /** Recipients that the remote accepted at RCPT. */
  taken: number
  /** Recipients that were left out for lack of time; they have a result all the same. */
  unasked: Recipient[]
  /** The replies to a group of commands did not match them in number. */
  outOfStep: boolean
}

/** Makes one transaction: MAIL, RCPT for each recipient, DATA (RFC 5321, 3.3), in one go where the remote takes commands in
 * groups (RFC 2920). Every way it can end is an outcome; nothing is thrown except when the content cannot be read. */
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
  /** The dialogue is at a point where MAIL may follow. */
  clean = false
  begun = false
  readonly taken: Recipient[] = []
  unasked: Recipient[] = []
  outOfStep = false
  readonly #connection: SmtpConnection
  readonly #message: MessageToSend
  readonly #timeouts: TimeoutConfig
  readonly #limits: TimeLimits
  /** All commands travel together. */
  readonly #grouped: boolean
  readonly #time: TimeSpan
  readonly #results = new Map<Recipient, RecipientResult>()
  #stage: Stage = 'mail'

  constructor(connection: SmtpConnection, message: MessageToSend, options: TransactOptions) {
    const { timeouts, limits = TIME_LIMITS, lockStep = false } = options
    this.#connection = connection
    this.#message = message
    this.#timeouts = timeouts
    this.#limits = limits
    this.#grouped = connection.capabilities.pipelining && !lockStep
    this.#time = new TimeSpan(limits.commandsMs)
  }

  async run(): Promise<RecipientResult[]> {
    const { recipients } = this.#message.envelope
    try {
      await this.#dialogue()
    } catch (error) {
      if (error instanceof ConnectionBrokenError) {
        this.#breakOff(error)
      } else {
        // The content cannot be read any further: the remote must not take what it has for a message.
        this.#connection.dialogue.destroy()
        throw error
      }
    }
    return recipients.map((recipient) => this.#results.get(recipient) ?? neverAnswered(recipient, this.#stage))
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
    // Who refuses the sender and then wants content may take a lone dot for a message to those whom it took.
    else if (succeeded(mail)) await this.#content(this.taken)
    else dialogue.destroy()
  }

  /** True when there are replies to be read all the same: in a group the other commands were sent as well. */
  #refuseSender(recipients: Recipient[], mail: Reply): boolean {
    this.#refuse(recipients, mail, 'mail')
    this.clean = !this.#grouped && mail.code !== 421 && isRefusal(mail)
    return this.#grouped && mail.code !== 421
  }

  /** RCPT for each recipient; false when the remote closes the connection. */
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
        this.#refuse(this.#open(), reply, 'rcpt')
        return false
      }
    }
    return true
  }

  async #refuseContent(data: Reply): Promise<void> {
    const surplus = this.#connection.dialogue.unread()
    // DATA is not answered by a success, and 421 alone comes unasked: the replies belong to other commands than it seemed.
    if (this.#grouped && (!isRefusal(data) || (surplus !== undefined && surplus.code !== 421))) {
      this.#loseStep()
      return
    }
    if (!isRefusal(data)) throw new ConnectionBrokenError('PROTOCOL', 'data', `DATA was answered ${data.text}`)
    this.#refuse(this.#open(), data, 'data')
    if (data.code !== 421) await this.#reset()
  }

  async #content(taken: Recipient[]): Promise<void> {
    const { dialogue } = this.#connection
    const { blockMs } = this.#timeouts
    this.#stage = 'content'
    const onEnd = (): void => {
      this.#stage = 'final'
    }
    // RFC 2920, 3.1: 354 although no recipient was taken; a lone dot ends it, and its reply says nothing.
    const content = taken.length === 0 ? Buffer.alloc(0) : this.#message.content()
    const { fence } = this.#message
    const rate = this.#limits.contentRate
    const interruption = await sendContent(dialogue, content, { blockMs, rate, onEnd, fence })
    if (interruption !== undefined) {
      this.#interrupted(interruption)
      return
    }
    const reply = await this.#finalReply()
    if (succeeded(reply))
      for (const recipient of taken) this.#settle(recipient, { result: 'delivered', reply: reply.text, stage: 'final' })
    else this.#refuse(taken, reply, 'final')
    this.clean = reply.code !== 421
  }

  /** The reply to the final dot is a success or a refusal. Another 354 or what no RFC defines is neither: the remote has the
   * message, and to send it again because of that would deliver it twice. */
  async #finalReply(): Promise<Reply> {
    const time = new TimeSpan(this.#timeouts.finalMs)
    for (;;) {
      const late = `no reply within ${this.#timeouts.finalMs / 1000} s`
      const reply = await this.#connection.dialogue.reply('final', time.left, late)
      if (succeeded(reply) || isRefusal(reply)) return reply
    }
  }

  /** A reply in the middle of the content. Only a refusal makes sense there; a 250 that was not asked for must not pass for
   * the one to the final dot. The content is not ended, so the connection is of no further use. */
  #interrupted(reply: Reply): void {
    this.#connection.dialogue.destroy()
    if (!isRefusal(reply))
      throw new ConnectionBrokenError('PROTOCOL', 'content', `the content was interrupted by ${reply.text}`)
    this.#refuse(this.#open(), reply, 'content')
  }

  /** The reply to a command before the content: within its own time, and all of them together within theirs. */
  #reply(stage: Stage, timeoutMs: number): Promise<Reply> {
    const { left } = this.#time
    if (left >= timeoutMs) return this.#connection.dialogue.reply(stage, timeoutMs)
    const late = `the remote took more than ${this.#limits.commandsMs / 1000} s for the commands before the content`
    return this.#connection.dialogue.reply(stage, left, late)
  }

  /** More than half of the time is over in lock step: those who are taken get their mail before the others are asked about. */
  #isLate(): boolean {
    return !this.#grouped && this.taken.length > 0 && this.#time.elapsed > this.#limits.commandsMs / 2
  }

  #leaveOut(recipients: Recipient[]): void {
    this.unasked = recipients
    const reply = 'the remote was too slow to try all recipients'
    for (const recipient of recipients)
      this.#settle(recipient, { result: 'failed', reply, errorCode: 'TIMEOUT', stage: 'rcpt' })
  }

  /** Recipients whose address can be sent to the remote. */
  #namable(): Recipient[] {
    const { recipients } = this.#message.envelope
    if (this.#connection.capabilities.utf8) return recipients
    for (const recipient of recipients.filter(({ address }) => needsUtf8(address))) {
      this.#settle(recipient, { result: 'refused', reply: NEEDS_UTF8, ours: true, stage: 'rcpt' })
    }
    return this.#open()
  }

  /** After a refusal in the middle RSET makes the connection fit for the next message. */
  async #reset(): Promise<void> {
    const { dialogue } = this.#connection
    dialogue.send(['RSET\r\n'])
    const answer = await dialogue.reply('mail', Math.min(RESET_MS, this.#timeouts.mailMs))
    this.clean = succeeded(answer)
    // A server that wants content now had its 354 delayed by a reply too many.
    if (this.#grouped && goesOn(answer)) this.#loseStep()
  }

  /** The remote gave more or fewer replies than it got commands. Which recipient it refused is anyone's guess, so no recipient is
   * refused; in lock step it will be clear. */
  #loseStep(): void {
    this.outOfStep = true
    this.clean = false
    this.#connection.dialogue.destroy()
    for (const [recipient, { result, stage, reply, ours }] of this.#results) {
      if (result === 'refused' && ours !== true) this.#results.set(recipient, uncertain(recipient, stage, reply))
    }
    for (const recipient of this.#open()) this.#settle(recipient, uncertain(recipient, this.#stage))
  }

  /** No reply came where one was due. A refusal that came just before the end is still the better answer. */
  #breakOff(error: ConnectionBrokenError): void {
    const reply = this.#connection.dialogue.unread()
    if (reply !== undefined && isRefusal(reply)) {
      this.#refuse(this.#open(), reply, this.#stage)
      return
    }
    this.ambiguous = this.#stage === 'final' && this.#open().length > 0
    for (const recipient of this.#open()) {
      this.#settle(recipient, { result: 'failed', reply: error.message, errorCode: error.code, stage: this.#stage })
    }
    // Silence in a group: perhaps a command was not answered, and the replies belong to others than it seemed.
    const inGroup = this.#grouped && (this.#stage === 'rcpt' || this.#stage === 'data')
    if (inGroup && error.code === 'TIMEOUT') this.#loseStep()
  }

  #open(): Recipient[] {
    return this.#message.envelope.recipients.filter((recipient) => !this.#results.has(recipient))
  }

  #refuse(recipients: Recipient[], reply: Reply, stage: Stage): void {
    const result = resultOf(reply, stage, this.#connection.tlsFault)
    for (const recipient of recipients) this.#settle(recipient, result)
  }

  #settle(recipient: Recipient, result: Omit<RecipientResult, 'recipient'>): void {
    if (!this.#results.has(recipient)) this.#results.set(recipient, { recipient, ...result })
  }
}

/** The meaning of a reply other than success. */
function resultOf(reply: Reply, stage: Stage, tlsFault: string | undefined): Omit<RecipientResult, 'recipient'> {
  const { text } = reply
  if (!isRefusal(reply))
    return { result: 'failed', reply: `not a valid SMTP reply to this command: ${text}`, errorCode: 'PROTOCOL', stage }
  // It wants TLS and could not do it a moment ago: that passes.
  if (tlsFault !== undefined && demandsTls(reply, stage))
    return { result: 'failed', reply: `${tlsFault}; in clear: ${text}`, errorCode: 'TLS', stage: 'starttls' }
  return { result: 'refused', reply: text, stage }
}

/** RFC 3207, 4: 530; many say it in their own words. */
const demandsTls = ({ code, text }: Reply, stage: Stage): boolean =>
  code === 530 || getBounceInfo({ response: text, stage }).category === 'tls'

const neverAnswered = (recipient: Recipient, stage: Stage): RecipientResult => ({
  recipient,
  result: 'failed',
  reply: 'the transaction ended without a reply',
  errorCode: 'CLOSED',
  stage,
})

const uncertain = (recipient: Recipient, stage: Stage, said?: string): RecipientResult => ({
  recipient,
  result: 'failed',
  reply: `the remote did not answer each command with one reply${said === undefined ? '' : `; it said: ${said}`}`,
  errorCode: 'PROTOCOL',
  stage,
})
