import { connect as connectTcp, isIP } from 'node:net'
import type { Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { TLSSocket } from 'node:tls'
import { BOUND_TEXTS, MAX_UNASKED_REPLIES, MAX_UNREAD_OCTETS, brokenBounds } from './bounds.ts'
import type { Bound } from './bounds.ts'
import { ConnectionBrokenError } from './outcome.ts'
import { isRefusal } from '@postrider/smtp/reply'
import type { Stage } from './outcome.ts'
import type { Reply } from '@postrider/smtp/reply'
import { ReplyReader } from '@postrider/smtp/reply-reader'
import type { ReadReply } from '@postrider/smtp/reply-reader'
import { describeTlsFault } from './tls-fault.ts'

/** How long the remote must be silent before a line without the space after its code is read as a complete reply. Milliseconds. */
const SILENCE_MS = 5000

/** Descriptions of error codes, for replies and notices. */
const ERROR_TEXTS: Partial<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'reset the connection',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached: there is no network path',
  ETIMEDOUT: 'did not answer',
}

/** An SMTP dialogue on a socket: sends octets, and reads replies. Each wait has the time-out of its stage (RFC 5321, 4.5.3.2). The input is
 * bounded as well (bounds.ts): if a remote exceeds a bound the connection is closed, but replies that were complete before are kept. */
export class Dialogue {
  #socket: Socket | TLSSocket
  #reader = new ReplyReader()
  readonly #replies: ReadReply[] = []
  /** Octets of the replies that were not read yet. */
  #unread = 0
  /** Replies that are due, minus those that came; negative if there were more replies than commands. The greeting is due first. */
  #due = 1
  #odd = false
  #tls: string | null = null
  #waiting:
    { resolve: (reply: Reply) => void; reject: (error: ConnectionBrokenError) => void; stage: Stage } | undefined
  #broken: { code: string; what: string } | undefined
  #timer: NodeJS.Timeout | undefined
  #silence: NodeJS.Timeout | undefined
  /** Ends a wait in `drained`. */
  #interrupted: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    this.#listen()
  }

  /** Connects. Throws ConnectionBrokenError with the stage `connect`. */
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
        const what = `${address} port ${port} ${ERROR_TEXTS[error.code ?? ''] ?? 'cannot be connected to'} (${error.code ?? error.message})`
        reject(new ConnectionBrokenError(error.code ?? 'ERROR', 'connect', what, { cause: error }))
      }
      const timer = setTimeout(() => {
        socket.destroy()
        reject(
          new ConnectionBrokenError(
            'TIMEOUT',
            'connect',
            `no connection to ${address} port ${port} within ${timeoutMs / 1000} s`,
          ),
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

  /** Whether a transaction may begin. An idle connection that the remote has closed or written to is unusable. After a malformed reply it
   * is uncertain which reply belongs to which command. */
  get usable(): boolean {
    return (
      this.#broken === undefined &&
      !this.#odd &&
      this.#replies.length === 0 &&
      this.#reader.pending === 0 &&
      !this.#socket.destroyed &&
      this.#socket.writable
    )
  }

  /** Protocol and cipher; null without TLS. */
  get tls(): string | null {
    return this.#tls
  }

  /** Removes and returns a reply that came before it was awaited: a 421, an early refusal, or a surplus reply. */
  unread(): Reply | undefined {
    const reply = this.#replies.shift()
    if (reply !== undefined) this.#unread -= reply.octets
    return reply
  }

  /** Sends commands, each of which gets one reply. A success that came before a command cannot be its reply and is dropped; an early
   * refusal is kept, because it is a 421 or means the same. */
  send(commands: string[]): void {
    if (this.#due <= 0) {
      const early = this.#replies.filter(isRefusal)
      if (early.length < this.#replies.length) this.#odd = true
      this.#replies.splice(0, Infinity, ...early)
      this.#unread = early.reduce((sum, { octets }) => sum + octets, 0)
      this.#due = -early.length
    }
    this.#due += commands.length
    this.#socket.write(commands.join(''))
  }

  /** Sends content. `replies`: how many replies the remote owes for it, 1 for the final dot. */
  write(data: string | Buffer, replies = 0): boolean {
    this.#due += replies
    return this.#socket.write(data)
  }

  /** Buffers small writes until `uncork`, so that they leave in one packet. */
  cork(): void {
    this.#socket.cork()
  }
  uncork(): void {
    this.#socket.uncork()
  }

  /** Waits until the remote has accepted the written data, or until a reply comes, which interrupts the content. Throws
   * ConnectionBrokenError after `timeoutMs` milliseconds, or when the connection ends. */
  async drained(timeoutMs: number): Promise<void> {
    if (this.#broken !== undefined) throw this.#error('content')
    if (!this.#socket.writableNeedDrain || this.#replies.length > 0) return
    await new Promise<void>((resolve, reject) => {
      const finish = (error?: ConnectionBrokenError): void => {
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
        finish(new ConnectionBrokenError('TIMEOUT', 'content', `the remote accepted no data for ${timeoutMs / 1000} s`))
      }, timeoutMs)
      this.#interrupted = onDrain
      this.#socket.once('drain', onDrain).once('close', onClose)
    })
  }

  /** Resolves with the next reply. Rejects with ConnectionBrokenError when the connection ends, or after `timeoutMs` milliseconds for all
   * of its lines, with the text `late`. */
  reply(stage: Stage, timeoutMs: number, late = `no reply within ${timeoutMs / 1000} s`): Promise<Reply> {
    const ready = this.unread()
    if (ready !== undefined) return Promise.resolve(ready)
    if (this.#broken !== undefined) return Promise.reject(this.#error(stage))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, stage }
      this.#timer = setTimeout(() => {
        this.#end('TIMEOUT', late)
        this.destroy()
      }, timeoutMs)
      this.#listenToSilence()
    })
  }

  /** Continues with TLS. Input in clear after the reply to STARTTLS is discarded (RFC 3207; CVE-2011-0411). Throws ConnectionBrokenError
   * with the code `TLS`. */
  async startTls(options: { host: string; verify: boolean; timeoutMs: number }): Promise<void> {
    const plain = this.#socket
    // Removes our own listeners only, because the internal ones of the socket close it properly.
    plain.off('data', this.#onData).off('error', this.#onError).off('end', this.#onEnd).off('close', this.#onClose)
    plain.on('error', () => undefined)
    clearTimeout(this.#silence)
    this.#reader = new ReplyReader()
    this.#replies.length = 0
    this.#unread = 0
    this.#due = 0
    this.#odd = false
    // SNI carries host names only, not IP addresses (RFC 6066, 3).
    const servername = isIP(options.host) === 0 ? options.host : undefined
    const { host, verify } = options
    // If the host is an IP address, the certificate is checked against `host`.
    const secure = connectTls({ socket: plain, host, servername, rejectUnauthorized: verify, minVersion: 'TLSv1.2' })
    await new Promise<void>((resolve, reject) => {
      const fail = (what: string, cause?: unknown): void => {
        clearTimeout(timer)
        secure.destroy()
        reject(new ConnectionBrokenError('TLS', 'starttls', what, { cause }))
      }
      const late = `the TLS handshake with ${host} took more than ${options.timeoutMs / 1000} s`
      const timer = setTimeout(() => fail(late), options.timeoutMs)
      secure.once('error', (error: Error) => fail(describeTlsFault(error, host), error))
      secure.once('close', () => fail(`${host} closed the connection during the TLS handshake`))
      secure.once('secureConnect', () => {
        clearTimeout(timer)
        secure.removeAllListeners('error').removeAllListeners('close')
        this.#tls = `${secure.getProtocol() ?? ''} ${secure.getCipher().name}`
        resolve()
      })
    })
    this.#socket = secure
    this.#listen()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Sends a last command such as QUIT, and closes the connection after 2 s at most. */
  end(farewell: string): void {
    if (this.usable) this.#socket.end(farewell)
    setTimeout(() => this.destroy(), 2000).unref()
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.#broken !== undefined) return
    this.#reader.push(chunk, this.#take)
    const bound = this.#reader.broken ?? this.#excess()
    if (bound !== undefined) {
      brokenBounds[bound]++
      this.#break('PROTOCOL', BOUND_TEXTS[bound])
      this.destroy()
    } else this.#listenToSilence()
  }
  readonly #onError = (error: NodeJS.ErrnoException): void => this.#end(error.code ?? 'ERROR', error.message)
  readonly #onEnd = (): void => {
    this.#end('CLOSED', 'the remote closed the connection')
    this.destroy()
  }
  readonly #onClose = (): void => this.#end('CLOSED', 'the connection is closed')

  #listen(): void {
    this.#socket.on('data', this.#onData).on('error', this.#onError).on('end', this.#onEnd).on('close', this.#onClose)
  }

  readonly #take = (reply: ReadReply): void => {
    this.#due--
    if (reply.odd) this.#odd = true
    const waiting = this.#waiting
    if (waiting !== undefined) {
      this.#stopWaiting()
      waiting.resolve(reply)
    } else if (this.#due >= -MAX_UNASKED_REPLIES) {
      this.#replies.push(reply)
      this.#unread += reply.octets
      this.#interrupted?.()
    }
  }

  /** The bound that the unread input exceeds. Replies to commands that were sent do not count, however many. */
  #excess(): Bound | undefined {
    if (this.#due < -MAX_UNASKED_REPLIES) return 'unasked-replies'
    const unasked = this.#due > 0 ? 0 : this.#unread
    return unasked + this.#reader.pending > MAX_UNREAD_OCTETS ? 'unread-octets' : undefined
  }

  /** Restarts the wait for silence, after which an incomplete line may count as a reply. */
  #listenToSilence(): void {
    clearTimeout(this.#silence)
    if (this.#waiting === undefined || this.#reader.pending === 0) return
    this.#silence = setTimeout(() => {
      const reply = this.#reader.atSilence()
      if (reply !== undefined) this.#take(reply)
    }, SILENCE_MS)
  }

  #stopWaiting(): void {
    this.#waiting = undefined
    clearTimeout(this.#timer)
    clearTimeout(this.#silence)
  }

  /** Ends the dialogue: nothing more is read. What was read may still contain a reply. */
  #end(code: string, what: string): void {
    if (this.#broken !== undefined) return
    const { garbage } = this.#reader
    const last = this.#waiting?.stage === 'final' ? this.#reader.atEnd() : this.#reader.atSilence()
    if (last !== undefined) this.#take(last)
    if (garbage === undefined || last !== undefined) this.#break(code, what)
    else this.#break('PROTOCOL', `${what}; what it sent is not SMTP: ${garbage.slice(0, 100)}`)
  }

  #break(code: string, what: string): void {
    this.#broken ??= { code, what }
    const waiting = this.#waiting
    this.#stopWaiting()
    waiting?.reject(this.#error(waiting.stage))
  }

  #error(stage: Stage): ConnectionBrokenError {
    const { code, what } = this.#broken ?? { code: 'CLOSED', what: 'the connection is closed' }
    return new ConnectionBrokenError(code, stage, what)
  }
}
