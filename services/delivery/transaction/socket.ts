import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { Broken } from './outcome.ts'
import type { Reply, Stage } from './outcome.ts'
import { BadReply, ReplyReader } from './reply-reader.ts'

/** Replies that nobody asked for yet: a group has at most a hundred recipients. More is a flood. */
const MOST_REPLIES = 300

/** A socket as a dialogue: octets out, replies in, each wait bounded by its stage's own time (RFC 5321, 4.5.3.2). */
export class Dialogue {
  #socket: Socket | TLSSocket
  #reader = new ReplyReader()
  readonly #replies: Reply[] = []
  #waiting: { resolve: (reply: Reply) => void; reject: (error: Broken) => void; stage: Stage } | undefined
  #broken: { code: string; what: string } | undefined
  #timer: NodeJS.Timeout | undefined
  /** Ends a wait for the peer to take in what was written. */
  #interrupted: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  static async open(options: {
    address: string
    port: number
    localAddress?: string
    timeoutMs: number
  }): Promise<Dialogue> {
    const { address, port, localAddress, timeoutMs } = options
    const socket = connectTcp({ host: address, port, localAddress, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException): void => {
        clearTimeout(timer)
        const what = `connect to ${address} port ${port}: ${error.message}`
        reject(new Broken(error.code ?? 'ERROR', 'connect', what, { cause: error }))
      }
      const timer = setTimeout(() => {
        socket.destroy()
        reject(
          new Broken('TIMEOUT', 'connect', `no connection to ${address} port ${port} within ${timeoutMs / 1000} s`),
        )
      }, timeoutMs)
      socket.once('connect', () => {
        clearTimeout(timer)
        socket.off('error', onError)
        resolve()
      })
      socket.once('error', onError)
    })
    return new Dialogue(socket)
  }

  /** True while nothing is wrong; an idle connection that the peer closed or wrote to is of no use. */
  get usable(): boolean {
    return this.#broken === undefined && this.#replies.length === 0 && !this.#socket.destroyed && this.#socket.writable
  }

  /** Protocol and cipher, or null. */
  get tls(): string | null {
    if (!('getCipher' in this.#socket)) return null
    return `${this.#socket.getProtocol() ?? ''} ${this.#socket.getCipher().name}`
  }

  /** A reply that came unasked: a 421 or an early refusal. */
  unread(): Reply | undefined {
    return this.#replies.shift()
  }

  write(data: string | Buffer): boolean {
    return this.#socket.write(data)
  }

  /** Holds small writes back until `uncork`, so that they leave as one. */
  cork(): void {
    this.#socket.cork()
  }
  uncork(): void {
    this.#socket.uncork()
  }

  /** Waits until the peer has taken in what was written, at most `timeoutMs`; no longer when a reply comes, as it is about that. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.#broken !== undefined) throw this.#error('content')
    if (!this.#socket.writableNeedDrain || this.#replies.length > 0) return
    await new Promise<void>((resolve, reject) => {
      const finish = (error?: Broken): void => {
        clearTimeout(timer)
        this.#socket.off('drain', onDrain).off('close', onClose)
        this.#interrupted = undefined
        if (error) reject(error)
        else resolve()
      }
      const onDrain = (): void => finish()
      const onClose = (): void => finish(this.#error('content'))
      const timer = setTimeout(() => {
        this.destroy()
        finish(new Broken('TIMEOUT', 'content', `the remote took nothing in for ${timeoutMs / 1000} s`))
      }, timeoutMs)
      this.#interrupted = onDrain
      this.#socket.once('drain', onDrain).once('close', onClose)
    })
  }

  /** The next reply; rejects with Broken when the connection ends or the time is over. */
  reply(stage: Stage, timeoutMs: number): Promise<Reply> {
    const ready = this.#replies.shift()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#broken !== undefined) return Promise.reject(this.#error(stage))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, stage }
      this.#timer = setTimeout(() => {
        this.#break('TIMEOUT', `no reply within ${timeoutMs / 1000} s`)
        this.destroy()
      }, timeoutMs)
    })
  }

  /** Goes on in TLS. What the peer sent in clear after its reply to STARTTLS is dropped unread (RFC 3207; CVE-2011-0411). */
  async startTls(options: { host: string; verify: boolean; timeoutMs: number }): Promise<void> {
    const plain = this.#socket
    // Our own listeners only: the socket's inner ones close it properly.
    plain.off('data', this.#onData).off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onClose)
    plain.on('error', () => undefined)
    this.#reader = new ReplyReader()
    this.#replies.length = 0
    // SNI carries names only.
    const servername = isIP(options.host) === 0 ? options.host : undefined
    const { host, verify } = options
    // The host is what the certificate is checked against when it is an address.
    const secure = connectTls({ socket: plain, host, servername, rejectUnauthorized: verify, minVersion: 'TLSv1.2' })
    await new Promise<void>((resolve, reject) => {
      const fail = (what: string, cause?: unknown): void => {
        clearTimeout(timer)
        secure.destroy()
        reject(new Broken('TLS', 'starttls', what, { cause }))
      }
      const timer = setTimeout(() => fail('the TLS handshake takes too long'), options.timeoutMs)
      secure.once('error', (error: Error) => fail(`TLS: ${error.message}`, error))
      secure.once('close', () => fail('the connection was closed during the TLS handshake'))
      secure.once('secureConnect', () => {
        clearTimeout(timer)
        secure.removeAllListeners('error').removeAllListeners('close')
        resolve()
      })
    })
    this.#socket = secure
    this.#listen()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Says goodbye without waiting for the answer for long. */
  end(farewell: string): void {
    if (this.usable) this.#socket.end(farewell)
    setTimeout(() => this.destroy(), 2000).unref()
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      for (const reply of this.#reader.push(chunk)) this.#take(reply)
      if (this.#replies.length > MOST_REPLIES) throw new BadReply('replies to nothing that was asked')
    } catch (error) {
      this.#break('PROTOCOL', error instanceof Error ? error.message : String(error))
      this.destroy()
    }
  }
  readonly #onError = (error: NodeJS.ErrnoException): void => this.#break(error.code ?? 'ERROR', error.message)
  readonly #onEnd = (): void => {
    this.#break('CLOSED', 'the remote closed the connection')
    this.destroy()
  }
  readonly #onClose = (): void => this.#break('CLOSED', 'the connection is closed')

  #listen(): void {
    this.#socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose)
  }

  #take(reply: Reply): void {
    const waiting = this.#waiting
    if (waiting === undefined) {
      this.#replies.push(reply)
      this.#interrupted?.()
      return
    }
    this.#waiting = undefined
    clearTimeout(this.#timer)
    waiting.resolve(reply)
  }

  #break(code: string, what: string): void {
    this.#broken ??= { code, what }
    clearTimeout(this.#timer)
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(this.#error(waiting.stage))
  }

  #error(stage: Stage): Broken {
    const { code, what } = this.#broken ?? { code: 'CLOSED', what: 'the connection is closed' }
    return new Broken(code, stage, what)
  }
}
