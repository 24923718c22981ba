import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import type { LimiterReason, AdmittedConnection } from '../guard/connection-limiter.ts'
import { createPace } from '../guard/pace.ts'
import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import { arrivalOf, LIMITER_TEXTS, admit, isProxy } from './admission.ts'
import type { AdmissionRules } from './admission.ts'
import type { CertificateLogin } from './authenticate-certificate.ts'
import type { ClientCertificate } from './client-certificate.ts'
import { ExternalConnection } from './external-connection.ts'
import type { LoginAnswer } from './external-connection.ts'
import { ownText } from './reply-texts.ts'
import { LibraryServer } from './smtp-server-adapter.ts'
import type { SocketOptions } from './smtp-server-adapter.ts'
import type { LineFault } from './strict-parser.ts'

/** Why a connection was rejected, or closed by the ingress; the label of the metric. */
export type ConnectionRefusal = LimiterReason | 'proxy' | 'slow'

/** The rules of a port in addition to the options of the library. */
export interface SubmissionRules {
  /** EHLO lines in addition to the library's own; called at each EHLO. */
  offers(): string[]
  /** Whether a client certificate is requested or required. */
  clientCertificate: ClientCertificate
  /** AUTH EXTERNAL; the counterpart of onAuth for passwords. */
  onExternal(login: CertificateLogin, session: SMTPServerSession, answer: LoginAnswer): void
  /** Undefined: every connection is admitted. */
  admission: AdmissionRules | undefined
  /** Undefined: slow clients are not closed. */
  protection(): ProtectionConfig | undefined
  /** Called when a connection is rejected, or closed by the ingress. */
  connectionRejected(reason: ConnectionRefusal, address: string): void
}

/** smtp-server with these differences (envelope-connection.ts lists those of the envelope):
 *
 * - The greeting is sent immediately. The library waits 100 ms to detect clients that talk first, which is a test for spam bots on port 25.
 *   Here every client must log in, and the delay would limit 20 sessions of one message each to 200 messages a second.
 * - AUTH is announced in TLS only: a client that sees it in plaintext may send its password before it is refused (RFC 4954, 4).
 * - A reply whose text begins with an enhanced status code (RFC 3463) keeps it; the library adds its own code only to other replies.
 * - Sessions can be ended by login.
 * - Connections are admitted or rejected (admission.ts) before TLS uses any CPU time; PROXY headers of both versions are read there.
 * - A command line ends with CR LF only (strict-parser.ts). Slow clients and clients with too many errors are disconnected. */
export class SubmissionServer extends LibraryServer {
  readonly rules: SubmissionRules
  /** By session id. */
  readonly #admitted = new Map<string, AdmittedConnection>()

  constructor(options: SMTPServerOptions, rules: SubmissionRules) {
    super(options)
    this.rules = rules
  }

  override newConnection(socket: Socket, options: SocketOptions): PromptConnection {
    return new PromptConnection(this, socket, options)
  }

  /** See EndSessions (revoke.ts). */
  endSessions(gone: (login: string) => boolean): number {
    let busy = 0
    for (const connection of this.#sessions()) {
      const { user } = connection.session as { user?: unknown }
      if (typeof user !== 'string' || !gone(user)) continue
      // The same condition as in the library's idle timeout: the client waits for a reply, or is sending content.
      if (connection.answering || connection.takingContent) busy++
      else connection.send(421, '4.7.0 your credential is no longer valid; log in with another one')
    }
    return busy
  }

  /** Call it when the client of a session has logged in: the connection limiter then counts it as authenticated. */
  loggedIn(sessionId: string): void {
    this.#admitted.get(sessionId)?.loggedIn()
  }

  /** Ends the sessions of clients that send too slowly (guard/pace.ts). Call it about once a second. `now` in milliseconds, monotonic. */
  endSlow(now = performance.now()): void {
    const settings = this.rules.protection()
    if (settings === undefined) return
    for (const connection of this.#sessions()) connection.endIfSlow(now, settings)
  }

  /** A copy of the open sessions, since ending one removes it from the set. */
  #sessions(): PromptConnection[] {
    return [...this.connections].filter((connection) => connection instanceof PromptConnection)
  }

  protected override readsBeforeSession(socket: Socket): boolean {
    const { admission } = this.rules
    return admission !== undefined && isProxy(socket, admission)
  }

  protected override beforeSession(
    socket: Socket,
    callback: (error: Error | null, options?: SocketOptions) => void,
  ): void {
    const { admission } = this.rules
    if (admission === undefined) return super.beforeSession(socket, callback)
    // The session adds its own handler later; an 'error' event without a handler would end the process.
    socket.on('error', () => undefined)
    arrivalOf(socket, admission)
      .then((arrival) => {
        const id = randomUUID().replaceAll('-', '')
        const admitted = admit(socket, arrival, admission, (reason) => this.#end(id, socket, reason))
        if (typeof admitted === 'string') return this.#reject(socket, admitted, arrival.address, callback)
        this.#admitted.set(id, admitted)
        socket.once('close', () => this.#admitted.delete(id))
        if (socket.destroyed) return callback(new Error('the client has disconnected'))
        callback(null, { id, remoteAddress: arrival.address, remotePort: arrival.port })
      })
      .catch((cause: unknown) => {
        this.rules.connectionRejected('proxy', socket.remoteAddress ?? '')
        socket.destroy()
        callback(new Error('the PROXY header could not be read', { cause }))
      })
  }

  #reject(socket: Socket, reason: LimiterReason, address: string, callback: (error: Error) => void): void {
    this.rules.connectionRejected(reason, address)
    // With implicit TLS a reply needs a handshake first, and rejecting a connection must not cost one.
    if (this.options.secure) socket.destroy()
    else {
      socket.end(`421 4.7.0 ${this.options.name} ${LIMITER_TEXTS[reason]}\r\n`, () => socket.destroy())
    }
    callback(new Error(LIMITER_TEXTS[reason]))
  }

  #end(id: string, socket: Socket, reason: LimiterReason): void {
    this.rules.connectionRejected(reason, socket.remoteAddress ?? '')
    for (const connection of this.#sessions()) {
      if (connection.id !== id) continue
      if (connection.upgrading) break
      return connection.send(421, `4.7.0 ${LIMITER_TEXTS[reason]}`)
    }
    // During a handshake the TLS socket is destroyed, because the library keeps a reference to that one.
    ;(this.handshakeOn(socket) ?? socket).destroy()
  }
}

const OWN_STATUS = /^[245]\.\d{1,3}\.\d{1,3} /
/** Longest command line except AUTH: RFC 5321, 4.5.3.1.4, and what the extensions add, with a margin. Octets. */
const MAX_LINE = 2048
/** Failed logins after which a session is closed. */
const MAX_LOGINS = 3
/** Commands refused with 5xx since the last accepted message, after which a session is closed. */
const MAX_ERRORS = 100

const isNotAuth = (line: string): boolean => !line.startsWith('AUTH ')

/** A session of SubmissionServer. */
class PromptConnection extends ExternalConnection {
  readonly #rules: SubmissionRules
  readonly #pace = createPace()
  #commands = 0
  #wrongLogins = 0
  #errors = 0

  constructor(server: SubmissionServer, socket: Socket, options: SocketOptions) {
    super(server, socket, options)
    this.#rules = server.rules
  }

  protected override offers(): string[] {
    return this.#rules.offers()
  }

  protected override clientCertificate(): ClientCertificate {
    return this.#rules.clientCertificate
  }

  protected override loginByCertificate(login: CertificateLogin, answer: LoginAnswer): void {
    this.#rules.onExternal(login, this.session, answer)
  }

  override init(): void {
    const { maxClients } = this.server.options
    this.listenTo(() => {
      if (maxClients && this.server.connections.size > maxClients) {
        this.send(421, `4.7.0 ${this.name}: too many connections; try again in a moment`, false)
        return
      }
      this.connectionReady()
    })
  }

  override send(given: number, text: string | string[], context?: string | false): void {
    const data = typeof text === 'string' ? (ownText(text) ?? text) : text
    const own = typeof data === 'string' && OWN_STATUS.test(data)
    // The library answers 200 to one of its joke commands.
    const code = given === 200 ? 500 : given
    super.send(code, this.secure || !Array.isArray(data) ? data : data.filter(isNotAuth), own ? false : context)
    if (code >= 500) this.#count(code)
    else if (context === 'DATA_OK') this.#errors = 0
  }

  protected override lineFault(fault: LineFault): void {
    this.send(500, fault === 'nul' ? '5.5.2 a command must not contain NUL' : '5.5.2 end each line with CR LF')
    this.close()
  }

  protected override onLine(command: Buffer, callback?: () => void): void {
    this.#commands++
    if (command.length > MAX_LINE && !this.awaitsLine && !/^AUTH /i.test(command.toString('latin1', 0, 5))) {
      this.send(500, `5.5.2 a command line must not exceed ${MAX_LINE} octets`)
      setImmediate(() => callback?.())
      return
    }
    super.onLine(command, callback)
  }

  endIfSlow(now: number, settings: ProtectionConfig): void {
    const { parser } = this
    if (this.closing || parser === undefined) return
    const ours = this.answering || this.upgrading || this.takingContent
    const stage = parser.inContent ? 'content' : ours ? 'ours' : 'command'
    const moment = { stage, commands: this.#commands, octets: this.socket.bytesRead, now } as const
    if (this.#pace(moment, settings) === undefined) return
    this.#rules.connectionRejected('slow', this.remoteAddress)
    this.send(421, `4.4.2 timeout: no ${stage === 'content' ? 'further message data' : 'complete command'} received`)
  }

  #count(code: number): void {
    this.#errors++
    if (code === 535) this.#wrongLogins++
    if (this.closing) return
    if (this.#wrongLogins >= MAX_LOGINS) super.send(421, '4.7.0 too many failed logins in one session', false)
    else if (this.#errors >= MAX_ERRORS) super.send(421, '4.7.0 too many errors in one session', false)
  }
}
