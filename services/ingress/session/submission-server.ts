import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { SMTPServerOptions, SMTPServerSession } from 'smtp-server'
import type { LimiterReason, AdmittedConnection } from '../guard/connection-limiter.ts'
import { createPace } from '../guard/pace.ts'
import type { ProtectionConfig } from '@postrider/runtime-config/protection'
import { arrivalOf, LIMITER_TEXTS, enter, isProxy } from './admission.ts'
import type { AdmissionRules } from './admission.ts'
import type { CertificateClaim } from './authenticate-certificate.ts'
import type { ClientCertificate } from './client-certificate.ts'
import { ExternalConnection } from './external-connection.ts'
import type { LoginAnswer } from './external-connection.ts'
import { ownText } from './reply-texts.ts'
import { LibraryServer } from './smtp-server-adapter.ts'
import type { SocketOptions } from './smtp-server-adapter.ts'
import type { LineFault } from './strict-parser.ts'

/** Why a connection was not let in or ended by us; for the metric. */
export type ConnectionRefusal = LimiterReason | 'proxy' | 'slow'

/** What a port asks of its clients, beside the options of the library. */
export interface SubmissionRules {
  /** EHLO lines beside the library's own, asked for each EHLO. */
  offers(): string[]
  /** What is asked of clients besides a login. */
  clientCertificate: ClientCertificate
  /** AUTH EXTERNAL, as onAuth is for passwords. */
  onExternal(claim: CertificateClaim, session: SMTPServerSession, answer: LoginAnswer): void
  /** Undefined lets everyone in. */
  admission: AdmissionRules | undefined
  /** Undefined: slow clients stay. */
  protection(): ProtectionConfig | undefined
  refusedAtDoor(reason: ConnectionRefusal, address: string): void
}

/** smtp-server with some differences (for those of the envelope see envelope-connection.ts):
 *
 * - The greeting comes at once. The library waits 100 ms to catch clients that talk first; that is a test for spam bots on
 *   port 25, while here every client must log in, and it bounds 20 sessions of one message each to 200 messages a second.
 * - AUTH is announced in TLS only: a client that sees it in clear may send its password before it is refused (RFC 4954, 4).
 * - A reply whose text begins with a status code (RFC 3463) is sent with that one, not with the library's guess.
 * - Sessions can be ended by their login.
 * - Connections are admitted (admission.ts) before TLS costs anything, and PROXY headers of both versions are read there.
 * - A command line ends with CR LF only (strict-parser.ts); slow clients and those that err too often are ended. */
export class SubmissionServer extends LibraryServer {
  readonly rules: SubmissionRules
  /** By session id. */
  readonly #visits = new Map<string, AdmittedConnection>()

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
      // As the library's own idle timeout judges it: the client waits for us, or is sending.
      if (connection.answering || connection.takingContent) busy++
      else connection.send(421, '4.7.0 your credential is no longer valid; log in with another one')
    }
    return busy
  }

  /** The client of the session has logged in. */
  loggedIn(sessionId: string): void {
    this.#visits.get(sessionId)?.loggedIn()
  }

  /** Ends sessions that keep open by drops. Call it about once a second. */
  endSlow(now = performance.now()): void {
    const settings = this.rules.protection()
    if (settings === undefined) return
    for (const connection of this.#sessions()) connection.endIfSlow(now, settings)
  }

  /** As they are now: ending one removes it. */
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
    // The session puts its own; a socket without one brings the process down.
    const quiet = (): void => undefined
    socket.on('error', quiet)
    arrivalOf(socket, admission)
      .then((arrival) => {
        const id = randomUUID().replaceAll('-', '')
        const visit = enter(socket, arrival, admission, (reason) => this.#end(id, socket, reason))
        if (typeof visit === 'string') return this.#turnAway(socket, visit, arrival.address, callback)
        this.#visits.set(id, visit)
        socket.once('close', () => this.#visits.delete(id))
        if (socket.destroyed) return callback(new Error('the client is gone'))
        callback(null, { id, remoteAddress: arrival.address, remotePort: arrival.port })
      })
      .catch((cause: unknown) => {
        this.rules.refusedAtDoor('proxy', socket.remoteAddress ?? '')
        socket.destroy()
        callback(new Error('no PROXY header', { cause }))
      })
  }

  #turnAway(socket: Socket, reason: LimiterReason, address: string, callback: (error: Error) => void): void {
    this.rules.refusedAtDoor(reason, address)
    // Under TLS nothing can be said before a handshake, which is what is not to be spent here.
    if (this.options.secure) socket.destroy()
    else {
      socket.end(`421 4.7.0 ${this.options.name} ${LIMITER_TEXTS[reason]}\r\n`, () => socket.destroy())
    }
    callback(new Error(LIMITER_TEXTS[reason]))
  }

  #end(id: string, socket: Socket, reason: LimiterReason): void {
    this.rules.refusedAtDoor(reason, socket.remoteAddress ?? '')
    for (const connection of this.#sessions()) {
      if (connection.id !== id) continue
      if (connection.upgrading) break
      return connection.send(421, `4.7.0 ${LIMITER_TEXTS[reason]}`)
    }
    // In a handshake: what is on top goes, since the library holds on to that.
    ;(this.handshakeOn(socket) ?? socket).destroy()
  }
}

const OWN_STATUS = /^[245]\.\d{1,3}\.\d{1,3} /
/** Longest line of a command but AUTH: RFC 5321, 4.5.3.1.4 and the extensions' additions, with room to spare. Octets. */
const MAX_LINE = 2048
/** Wrong logins in one session. */
const MAX_LOGINS = 3
/** Refused commands in a session since its last message. */
const MAX_ERRORS = 100

const isNotAuth = (line: string): boolean => !line.startsWith('AUTH ')

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

  protected override loginByCertificate(claim: CertificateClaim, answer: LoginAnswer): void {
    this.#rules.onExternal(claim, this.session, answer)
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

  override send(given: number, said: string | string[], context?: string | false): void {
    const data = typeof said === 'string' ? (ownText(said) ?? said) : said
    const own = typeof data === 'string' && OWN_STATUS.test(data)
    // The library has a joke that succeeds.
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
    this.#rules.refusedAtDoor('slow', this.remoteAddress)
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
