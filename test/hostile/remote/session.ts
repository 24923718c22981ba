import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { TLSSocket } from 'node:tls'
import type { SecureContext } from 'node:tls'
import { now } from '../clock.ts'
import type { Transaction } from './record.ts'
import { actionAt, codeOf, octetsOf, saysYes } from './script.ts'
import type { Action, Lines, Script, Stage } from './script.ts'

export interface SessionOptions {
  host: string
  number: number
  secureContext: SecureContext
  /** Asked at each stage, so that a script can be exchanged while a session runs. */
  script: () => Script
  /** Called for each transaction when it is over. */
  record: (transaction: Transaction) => void
}

/** Octets that are kept of a message, and of a notice. */
const MAX_KEPT = 4096
const MAX_KEPT_NOTICE = 1024 * 1024
/** Octets that a flood may be ahead of the client. */
const MAX_AHEAD = 256 * 1024

/** The server's side of one connection, playing a script. */
export class Session {
  #socket: Socket
  readonly #options: SessionOptions
  readonly #times = new Map<Stage, number>()
  readonly #client: string
  #buffer = ''
  #secure = false
  #inContent = false
  #contentBegun = false
  #kept = ''
  #over = false
  #working = false
  #transaction: Omit<Transaction, 'endedAt'> | undefined

  constructor(socket: Socket, options: SessionOptions) {
    this.#socket = socket
    this.#options = options
    this.#client = socket.remoteAddress ?? ''
    socket.on('close', () => {
      this.#over = true
      this.#finish(false)
    })
  }

  async begin(): Promise<void> {
    this.#working = true
    this.#listen()
    await this.#answer('greeting', '220 mx.remote.test ESMTP')
    this.#working = false
    await this.#work()
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      if (this.#over) return
      this.#buffer += chunk.toString('latin1')
      void this.#work()
    })
  }

  /** One thing after the other: what is said takes its time, and what comes meanwhile waits. */
  async #work(): Promise<void> {
    if (this.#working) return
    this.#working = true
    while (!this.#over && (this.#inContent ? await this.#content() : await this.#command()));
    this.#working = false
  }

  async #command(): Promise<boolean> {
    const end = this.#buffer.indexOf('\r\n')
    if (end === -1) return false
    const line = this.#buffer.slice(0, end)
    this.#buffer = this.#buffer.slice(end + 2)
    const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO':
        await this.#answer('ehlo', this.#capabilities())
        break
      case 'HELO':
        await this.#answer('helo', '250 mx.remote.test')
        break
      case 'STAR':
        await this.#startTls()
        break
      case 'MAIL':
        await this.#mail(address)
        break
      case 'RCPT':
        await this.#recipient(Buffer.from(address, 'latin1').toString())
        break
      case 'DATA':
        await this.#data()
        break
      case 'RSET':
        this.#finish(false)
        await this.#answer('rset', '250 2.0.0 ok')
        break
      case 'QUIT':
        await this.#answer('quit', '221 2.0.0 bye')
        this.#socket.end()
        break
      default:
        await this.#say({ send: '502 5.5.2 command not recognized' })
    }
    return true
  }

  #capabilities(): string[] {
    const words = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES']
    return ['mx.remote.test', ...words].map((word, at) => `250${at === words.length ? ' ' : '-'}${word}`)
  }

  async #mail(from: string): Promise<void> {
    this.#finish(false)
    const { host, number } = this.#options
    if (!(await this.#answer('mail', '250 2.1.0 ok'))) return
    this.#transaction = {
      host,
      connection: number,
      client: this.#client,
      secure: this.#secure,
      begunAt: now(),
      from,
      named: [],
      accepted: [],
      taken: false,
      subject: '',
    }
  }

  async #recipient(address: string): Promise<void> {
    this.#transaction?.named.push(address)
    const usual = this.#transaction === undefined ? '503 5.5.1 MAIL first' : '250 2.1.5 ok'
    if (await this.#answer('rcpt', usual)) this.#transaction?.accepted.push(address)
  }

  async #data(): Promise<void> {
    const ready = (this.#transaction?.accepted.length ?? 0) > 0
    this.#inContent = await this.#answer('data', ready ? '354 go on' : '503 5.5.1 RCPT first')
    this.#contentBegun = false
    this.#kept = ''
  }

  async #content(): Promise<boolean> {
    if (this.#buffer === '') return false
    if (!this.#contentBegun) {
      this.#contentBegun = true
      if (this.#options.script().content !== undefined) await this.#answer('content', '')
      if (this.#over) return false
    }
    const end = this.#buffer.startsWith('.\r\n') ? 0 : this.#buffer.indexOf('\r\n.\r\n')
    if (end === -1) {
      // All but what may be the beginning of the end.
      this.#keep(this.#buffer.slice(0, -4))
      this.#buffer = this.#buffer.slice(-4)
      return false
    }
    this.#keep(this.#buffer.slice(0, end))
    this.#buffer = this.#buffer.slice(end === 0 ? 3 : end + 5)
    this.#inContent = false
    const action = this.#next('final', '250 2.0.0 queued')
    // Written down before the answer goes out: what the client was answered is never missing here.
    const code = codeOf(octetsOf(action))
    this.#finish(code >= 200 && code < 300)
    await this.#say(action)
    return true
  }

  #keep(octets: string): void {
    const max = this.#transaction?.from === '' ? MAX_KEPT_NOTICE : MAX_KEPT
    if (this.#kept.length < max) this.#kept += octets.slice(0, max - this.#kept.length)
  }

  async #startTls(): Promise<void> {
    if (!(await this.#answer('starttls', '220 2.0.0 ready'))) return
    const { handshake = 'works' } = this.#options.script()
    if (handshake === 'close') return void this.#socket.destroy()
    if (handshake === 'reset') return void this.#socket.resetAndDestroy()
    this.#socket.removeAllListeners('data')
    this.#buffer = ''
    if (handshake === 'garbage') return void this.#socket.once('data', () => this.#socket.write('what is that?\r\n'))
    if (handshake === 'hang') return
    const plain = this.#socket
    this.#socket = new TLSSocket(plain, { isServer: true, secureContext: this.#options.secureContext })
    this.#socket.on('error', () => plain.destroy())
    this.#secure = true
    this.#times.clear()
    this.#listen()
  }

  #finish(taken: boolean): void {
    if (this.#transaction === undefined) return
    const subject = /^Subject: (.*)$/im.exec(this.#kept)?.[1]?.trim() ?? ''
    const notice = this.#transaction.from === '' && taken ? { notice: this.#kept } : {}
    this.#options.record({ ...this.#transaction, taken, subject, ...notice, endedAt: now() })
    this.#transaction = undefined
  }

  #next(stage: Stage, usual: Lines): Action {
    const time = (this.#times.get(stage) ?? 0) + 1
    this.#times.set(stage, time)
    const accepted = this.#transaction?.accepted.length ?? 0
    return actionAt(this.#options.script(), { stage, time, accepted, usual })
  }

  /** True when the client was answered yes and the connection lives. */
  async #answer(stage: Stage, usual: Lines): Promise<boolean> {
    return this.#say(this.#next(stage, usual))
  }

  async #say(action: Action): Promise<boolean> {
    const { delay = 0, drip, repeat = 1, every = 0, then = 'continue' } = action
    if (delay > 0) await pause(delay * 1000)
    const octets = octetsOf(action)
    for (let time = 0; time < repeat && !this.#over && octets !== ''; time++) {
      if (time > 0 && every > 0) await pause(every * 1000)
      if (drip === undefined) await this.#write(octets)
      else for (const octet of octets) await this.#write(octet).then(() => pause(drip * 1000))
    }
    if (this.#over) return false
    if (then === 'continue') return saysYes(octets)
    this.#over = true
    if (then === 'close') this.#socket.end()
    else if (then === 'abrupt') this.#socket.destroy()
    else if (then === 'reset') this.#socket.resetAndDestroy()
    else if (then === 'stall') this.#socket.pause()
    return false
  }

  async #write(octets: string): Promise<void> {
    if (this.#over) return
    const room = this.#socket.write(octets, 'latin1')
    if (room || this.#socket.writableLength < MAX_AHEAD) return
    await new Promise<void>((resolve) => {
      const go = (): void => {
        this.#socket.off('drain', go).off('close', go)
        resolve()
      }
      this.#socket.once('drain', go).once('close', go)
    })
  }
}
