import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { ContentReader } from './content.ts'
import { actionAt, codeOf, saysYes } from './script.ts'
import type { Action, Script, Stage, Step } from './script.ts'
import { speak } from './speak.ts'
import type { Transaction } from './transaction.ts'

/** Observes the sessions of a server. */
export interface Watcher {
  /** What came in one piece, outside of content. */
  group?(text: string): void
  command?(line: string): void
  step?(step: Step): void
  /** Called for each transaction when it is over, before the reply to its final dot; `answered` tells whether that was sent. */
  transaction?(transaction: Transaction, answered: Promise<boolean>): void
}

export interface SessionOptions {
  connection: number
  /** Asked at each stage, so that a script can be exchanged while a session runs. */
  script: () => Script
  attempt: (stage: Stage, argument: string) => number
  offers: string[]
  secureContext: SecureContext | undefined
  maxContent: number
  now: () => number
  watcher: Watcher
}

const STAGES: Partial<Record<string, Stage>> = {
  EHLO: 'ehlo',
  HELO: 'helo',
  STAR: 'starttls',
  MAIL: 'mail',
  RCPT: 'rcpt',
  DATA: 'data',
  RSET: 'rset',
  QUIT: 'quit',
}

/** The server's side of one connection, playing a script. */
export class Session {
  #socket: Socket
  readonly #options: SessionOptions
  readonly #times = new Map<Stage, number>()
  readonly #client: Pick<Transaction, 'client' | 'clientPort'>
  #buffer = ''
  #secure = false
  #content: ContentReader | undefined
  #contentBegun = false
  #over = false
  #working = false
  #transaction: Omit<Transaction, 'endedAt'> | undefined

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#client = { client: socket.remoteAddress ?? '', clientPort: socket.remotePort ?? 0 }
    socket.on('close', () => {
      this.#over = true
      this.#finish()
    })
  }

  async begin(): Promise<void> {
    this.#working = true
    this.#listen()
    await this.#answer('greeting', '', '220 receiver.test ESMTP')
    this.#working = false
    await this.#work()
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#over) return
      const text = chunk.toString('latin1')
      if (this.#content === undefined) this.#options.watcher.group?.(text)
      this.#buffer += text
      void this.#work()
    })
  }

  /** One thing after the other: what is said takes its time, and what comes meanwhile waits. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    while (!this.#over && (this.#content ? await this.#readContent(this.#content) : await this.#readCommand()));
    this.#working = false
  }

  async #readCommand(): Promise<boolean> {
    const end = this.#buffer.indexOf('\r\n')
    if (end === -1) return false
    const line = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end + 2)
    this.#options.watcher.command?.(line)
    const stage = STAGES[line.slice(0, 4).toUpperCase()]
    if (stage === undefined) await speak(this.#socket, { send: '502 5.5.2 what?' })
    else await this.#obey(stage, line)
    return true
  }

  async #obey(stage: Stage, line: string): Promise<void> {
    const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
    if (stage === 'ehlo') await this.#answer(stage, line, this.#capabilities())
    else if (stage === 'starttls') await this.#startTls(line)
    else if (stage === 'mail') await this.#mail(address)
    else if (stage === 'rcpt') await this.#recipient(address)
    else if (stage === 'data') await this.#data()
    else if (stage === 'quit') {
      await this.#answer(stage, line, '221 2.0.0 bye')
      if (!this.#over) this.#socket.end()
    } else {
      if (stage === 'rset') this.#finish()
      await this.#answer(stage, line, '250 2.0.0 ok')
    }
  }

  #capabilities(): string[] {
    const offers = this.#options.offers.filter((offer) => offer !== 'STARTTLS' || !this.#secure)
    return ['receiver.test', ...offers].map((word, at) => `250${at === offers.length ? ' ' : '-'}${word}`)
  }

  async #mail(from: string): Promise<void> {
    this.#finish()
    if (!(await this.#answer('mail', from, '250 2.1.0 ok'))) return
    const { connection, now } = this.#options
    const { secure, client } = { secure: this.#secure, client: this.#client }
    const envelope = { from, named: [], to: [], content: '', taken: false }
    this.#transaction = { connection, ...client, secure, begunAt: now(), ...envelope }
  }

  async #recipient(address: string): Promise<void> {
    this.#transaction?.named.push(address)
    const usual = this.#transaction === undefined ? '503 5.5.1 MAIL first' : '250 2.1.5 ok'
    if (await this.#answer('rcpt', address, usual)) this.#transaction?.to.push(address)
  }

  async #data(): Promise<void> {
    const to = this.#transaction?.to ?? []
    const usual = to.length > 0 ? '354 go on' : '503 5.5.1 RCPT first'
    if (!(await this.#answer('data', to.join(), usual))) return
    this.#content = new ContentReader(this.#options.maxContent)
    this.#contentBegun = false
  }

  async #readContent(reader: ContentReader): Promise<boolean> {
    if (this.#buffer === '') return false
    if (!this.#contentBegun) {
      this.#contentBegun = true
      await this.#answer('content', '', [])
      if (this.#over) return false
    }
    const rest = reader.take(this.#buffer)
    this.#buffer = rest ?? ''
    if (rest === undefined) return false
    this.#content = undefined
    const action = this.#next('final', this.#transaction?.to.join() ?? '', '250 2.0.0 taken')
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const code = codeOf(action)
    // Written down before the answer goes out: what the client was answered is never missing here.
    this.#finish({ content: reader.content(), taken: code >= 200 && code < 300, answered: promise })
    await this.#say(action)
    resolve(!this.#socket.destroyed)
    return true
  }

  async #startTls(line: string): Promise<void> {
    const action = this.#next('starttls', line, '220 2.0.0 ready')
    if (!(await this.#say(action))) return
    const plain = this.#socket
    if (action.handshake === 'close') return void plain.destroy()
    if (action.handshake === 'reset') return void plain.resetAndDestroy()
    plain.removeAllListeners('data')
    // What came behind the command in clear must not count as sent in TLS (RFC 3207, section 6).
    this.#buffer = ''
    if (action.handshake === 'garbage') return void plain.once('data', () => plain.write('what is that?\r\n'))
    if (action.handshake === 'hang') return
    this.#socket = new TLSSocket(plain, { isServer: true, secureContext: this.#options.secureContext })
    this.#socket.on('error', () => plain.destroy())
    this.#secure = true
    this.#times.clear()
    this.#listen()
  }

  #finish(end?: { content: string; taken: boolean; answered: Promise<boolean> }): void {
    if (this.#transaction === undefined) return
    const { answered = Promise.resolve(true), ...taken } = end ?? {}
    const transaction = { ...this.#transaction, ...taken, endedAt: this.#options.now() }
    this.#transaction = undefined
    this.#options.watcher.transaction?.(transaction, answered)
  }

  #next(stage: Stage, argument: string, usual: string | string[]): Action {
    const { connection, script, watcher } = this.#options
    const time = (this.#times.get(stage) ?? 0) + 1
    this.#times.set(stage, time)
    const attempt = this.#options.attempt(stage, argument)
    const accepted = this.#transaction?.to.length ?? 0
    const step: Step = { stage, argument, connection, time, attempt, accepted, secure: this.#secure }
    watcher.step?.(step)
    return actionAt(script(), step, usual)
  }

  /** True when the client was answered yes and the dialogue goes on. */
  async #answer(stage: Stage, argument: string, usual: string | string[]): Promise<boolean> {
    return this.#say(this.#next(stage, argument, usual))
  }

  async #say(action: Action): Promise<boolean> {
    const goesOn = (action.then ?? 'continue') === 'continue'
    if (!goesOn) this.#over = true
    await speak(this.#socket, action)
    return goesOn && !this.#over && saysYes(action)
  }
}
