import { mailParameters, rcptParameters } from '@postrider/dsn/parameters'
import { needsUtf8 } from '@postrider/mail/address'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import type { TimeoutConfig } from '@postrider/runtime-config/config'
import type { SmtpConnection } from './connection.ts'
import { sendContent } from './content.ts'
import { Broken, forAll } from './outcome.ts'
import type { RecipientResult, Reply, Stage, TransactionOutcome } from './outcome.ts'

export interface MessageToSend {
  envelope: Envelope
  content: AsyncIterable<Buffer> | Buffer
}

/** How long a RSET may take: what the message came to is known already and waits for it. */
const RESET_MS = 10_000

export interface Sent {
  outcome: TransactionOutcome
  /** The connection can carry another transaction. */
  reusable: boolean
}

/** Makes one transaction: MAIL, RCPT for each recipient, DATA (RFC 5321, 3.3), in one go where the remote takes commands in
 * groups (RFC 2920). Every way it can end is an outcome; nothing is thrown but for a content that can't be read. */
export async function transact(
  connection: SmtpConnection,
  message: MessageToSend,
  timeouts: TimeoutConfig,
): Promise<Sent> {
  const { envelope } = message
  const impossible = cannotTake(connection, envelope)
  connection.used++
  if (impossible !== undefined) {
    const recipients = forAll(envelope.recipients, { result: 'refused', reply: impossible, stage: 'mail' })
    return { outcome: { recipients, remote: connection.remote }, reusable: true }
  }
  const transaction = new Transaction(connection, message, timeouts)
  const recipients = await transaction.run()
  return {
    outcome: { recipients, remote: connection.remote, ...(transaction.ambiguous ? { ambiguous: true } : {}) },
    reusable: connection.dialogue.usable && transaction.clean,
  }
}

/** A refusal in the remote's name where its announcement already says no. */
export function cannotTake(connection: SmtpConnection, { size, utf8, requireTls }: Envelope): string | undefined {
  const { capabilities, remote } = connection
  if (capabilities.size !== undefined && capabilities.size > 0 && size > capabilities.size) {
    return `552 5.3.4 the message has ${size} octets, but the remote takes no more than ${capabilities.size}`
  }
  if (utf8 && !capabilities.utf8) return NEEDS_UTF8
  // The connection was chosen for that (site/dial.ts); a second look, since it is a promise.
  if (requireTls === true && (remote.tls === null || !capabilities.requireTls)) {
    return '550 5.7.30 the sender wants REQUIRETLS, which the remote does not offer'
  }
  return undefined
}

const NEEDS_UTF8 = '550 5.6.7 the message needs SMTPUTF8, which the remote does not offer'

class Transaction {
  ambiguous = false
  /** The dialogue is at a point where MAIL may follow. */
  clean = false
  readonly #connection: SmtpConnection
  readonly #message: MessageToSend
  readonly #timeouts: TimeoutConfig
  readonly #results = new Map<Recipient, RecipientResult>()
  #stage: Stage = 'mail'

  constructor(connection: SmtpConnection, message: MessageToSend, timeouts: TimeoutConfig) {
    this.#connection = connection
    this.#message = message
    this.#timeouts = timeouts
  }

  async run(): Promise<RecipientResult[]> {
    const { recipients } = this.#message.envelope
    try {
      await this.#dialogue()
    } catch (error) {
      if (error instanceof Broken) {
        this.#breakOff(error)
      } else {
        // The content can't be read any further: the remote must not take what it has for a message.
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
    const commands = this.#commands(recipients)
    if (capabilities.pipelining) dialogue.write(commands.join(''))
    const next = async (index: number, stage: Stage, timeoutMs: number): Promise<Reply> => {
      this.#stage = stage
      if (!capabilities.pipelining) dialogue.write(commands[index] ?? '')
      return dialogue.reply(stage, timeoutMs)
    }
    const mail = await next(0, 'mail', this.#timeouts.mailMs)
    if (mail.code >= 300) {
      this.#refuse(recipients, mail, 'mail')
      if (mail.code === 421) return
      // Without pipelining nothing else was sent; with it the replies to the other commands must be read.
      if (!capabilities.pipelining) {
        this.clean = true
        return
      }
    }
    const taken: Recipient[] = []
    for (const [index, recipient] of recipients.entries()) {
      const reply = await next(index + 1, 'rcpt', this.#timeouts.rcptMs)
      if (reply.code < 300) taken.push(recipient)
      else this.#refuse([recipient], reply, 'rcpt')
      if (reply.code === 421) {
        this.#refuse(this.#open(), reply, 'rcpt')
        return
      }
    }
    if (taken.length === 0 && !capabilities.pipelining) return this.#reset()
    const data = await next(recipients.length + 1, 'data', this.#timeouts.dataMs)
    if (data.code !== 354) {
      if (data.code < 400) throw new Broken('PROTOCOL', 'data', `DATA was answered ${data.text}`)
      this.#refuse(this.#open(), data, 'data')
      return data.code === 421 ? undefined : this.#reset()
    }
    // Who refuses the sender and then wants content may take a lone dot for a message to those whom it took.
    if (mail.code >= 300) dialogue.destroy()
    else await this.#content(taken)
  }

  async #content(taken: Recipient[]): Promise<void> {
    const { dialogue } = this.#connection
    const { blockMs, finalMs } = this.#timeouts
    this.#stage = 'content'
    const onEnd = (): void => {
      this.#stage = 'final'
    }
    // RFC 2920, 3.1: 354 although no recipient was taken; a lone dot ends it, and its reply says nothing.
    const content = taken.length === 0 ? Buffer.alloc(0) : this.#message.content
    const interruption = await sendContent(dialogue, content, { blockMs, onEnd })
    if (interruption !== undefined) {
      this.#interrupted(interruption)
      return
    }
    const reply = await dialogue.reply('final', finalMs)
    if (reply.code >= 300) this.#refuse(taken, reply, 'final')
    else
      for (const recipient of taken) this.#settle(recipient, { result: 'delivered', reply: reply.text, stage: 'final' })
    this.clean = reply.code !== 421
  }

  /** A reply in the middle of the content. Only a refusal makes sense there; a 250 that was not asked for must not pass for
   * the one to the final dot. The content is not ended, so the connection is of no further use. */
  #interrupted(reply: Reply): void {
    this.#connection.dialogue.destroy()
    if (reply.code < 400) throw new Broken('PROTOCOL', 'content', `the content was interrupted by ${reply.text}`)
    this.#refuse(this.#open(), reply, 'content')
  }

  /** Those whose address the remote can be told. */
  #namable(): Recipient[] {
    const { recipients } = this.#message.envelope
    if (this.#connection.capabilities.utf8) return recipients
    for (const recipient of recipients.filter(({ address }) => needsUtf8(address))) {
      this.#settle(recipient, { result: 'refused', reply: NEEDS_UTF8, stage: 'rcpt' })
    }
    return this.#open()
  }

  #commands(recipients: Recipient[]): string[] {
    const { capabilities } = this.#connection
    const { from, size, eightBit, utf8, requireTls, ret, envid } = this.#message.envelope
    // 8-bit content goes to a remote without 8BITMIME as it is: recoding it would break its signature, and all take it.
    const mail =
      (capabilities.size === undefined ? '' : ` SIZE=${size}`) +
      (eightBit && capabilities.eightBitMime ? ' BODY=8BITMIME' : '') +
      (utf8 || recipients.some(({ address }) => needsUtf8(address)) ? ' SMTPUTF8' : '') +
      (requireTls === true ? ' REQUIRETLS' : '') +
      (capabilities.dsn ? mailParameters({ ret, envid }) : '')
    return [
      `MAIL FROM:<${from}>${mail}\r\n`,
      ...recipients.map((to) => `RCPT TO:<${to.address}>${capabilities.dsn ? rcptParameters(to) : ''}\r\n`),
      'DATA\r\n',
    ]
  }

  /** After a refusal in the middle RSET makes the connection fit for the next message. */
  async #reset(): Promise<void> {
    this.#connection.dialogue.write('RSET\r\n')
    const answer = await this.#connection.dialogue.reply('mail', Math.min(RESET_MS, this.#timeouts.mailMs))
    this.clean = answer.code < 300
  }

  /** No reply came where one was due. A refusal that came just before the end is still the better answer. */
  #breakOff(error: Broken): void {
    const reply = this.#connection.dialogue.unread()
    if (reply !== undefined && reply.code >= 400) return this.#refuse(this.#open(), reply, this.#stage)
    this.ambiguous = this.#stage === 'final' && this.#open().length > 0
    for (const recipient of this.#open()) {
      this.#settle(recipient, { result: 'failed', reply: error.message, errorCode: error.code, stage: this.#stage })
    }
  }

  #open(): Recipient[] {
    return this.#message.envelope.recipients.filter((recipient) => !this.#results.has(recipient))
  }

  #refuse(recipients: Recipient[], { text }: Reply, stage: Stage): void {
    for (const recipient of recipients) this.#settle(recipient, { result: 'refused', reply: text, stage })
  }

  #settle(recipient: Recipient, result: Omit<RecipientResult, 'recipient'>): void {
    if (!this.#results.has(recipient)) this.#results.set(recipient, { recipient, ...result })
  }
}

const neverAnswered = (recipient: Recipient, stage: Stage): RecipientResult => ({
  recipient,
  result: 'failed',
  reply: 'the transaction ended without an answer',
  errorCode: 'CLOSED',
  stage,
})
