import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerDataStream, SMTPServerError } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'

/** Everything that the project uses of smtp-server beyond its documented options and hooks, under our own names. No other file refers to an
 * internal member of the library. smtp-server-adapter.test.ts tests each member, so that an upgrade that changes one is noticed.
 * docs/smtp-server.md says which of them upstream could offer. */

type Done = () => void

/** How the library identifies a connection; the id becomes the session's. */
export interface SocketOptions {
  id: string
  remoteAddress?: string
  remotePort?: number
}

/** Reads command lines and the content of DATA. A subclass gets each packet first (readPacket). */
export class LibraryParser extends SMTPStream {
  /** True while the octets read are content, not commands. */
  get inContent(): boolean {
    return this._dataMode
  }
  set inContent(content: boolean) {
    this._dataMode = content
  }

  /** Stops reading commands; everything that follows is dropped. */
  stopReading(): void {
    this.isClosed = true
  }

  protected readPacket(packet: Buffer, next: (error?: Error | null) => void): void {
    super._write(packet, 'buffer', next)
  }

  override _write(packet: Buffer, _encoding: BufferEncoding | 'buffer', next: (error?: Error | null) => void): void {
    this.readPacket(packet, next)
  }
}

/** A session. A subclass can answer a command itself by overriding the method of its name. */
export class LibraryConnection extends SMTPConnection {
  get server(): SMTPServer {
    return this._server
  }

  get socket(): Socket {
    return this._socket
  }

  /** True while a command is being answered. */
  get answering(): boolean {
    return this._handlerPending
  }

  /** True while the content of a message is being read or stored. */
  get takingContent(): boolean {
    return Boolean(this._dataStream)
  }

  /** The stream of the message whose content is being read or stored; set undefined when that has ended. */
  set content(stream: SMTPServerDataStream | undefined) {
    this._dataStream = stream ?? false
  }

  /** True while a TLS handshake is in progress. */
  get upgrading(): boolean {
    return this._upgrading
  }

  get closing(): boolean {
    return this._closing
  }

  /** True if the next line is the response to a challenge and not a command. */
  get awaitsLine(): boolean {
    return Boolean(this._nextHandler)
  }

  /** Passes the next line to `handle` instead of parsing it as a command. */
  protected awaitLine(handle: (line: Buffer, done: Done) => void): void {
    this._nextHandler = handle
  }

  /** The session's current protocol, such as ESMTPSA (RFC 3848). */
  protected get transmission(): string {
    return this._transmissionType()
  }

  /** Undefined once the connection is closed. */
  get parser(): LibraryParser | undefined {
    return this._parser instanceof LibraryParser ? this._parser : undefined
  }

  /** Called once for each connection, before the fields of a subclass exist. */
  protected createParser(maxCommandLength: number | undefined): LibraryParser {
    return new LibraryParser({ maxCommandLength })
  }

  /** Handles a line from the parser: a command, or the response to a challenge. */
  protected onLine(line: Buffer, done?: Done): void {
    super._onCommand(line, done)
  }

  /** Starts the next transaction, after a message was stored or refused. */
  protected transactionEnded(): void {
    this._transactionCounter++
    this._resetSession()
  }

  /** Clears the transaction, at RSET, EHLO, HELO, STARTTLS or the end of a message. */
  protected onReset(): void {
    super._resetSession()
  }

  /** Called once, when the connection has closed. */
  protected onClosed(): void {
    super._onClose()
  }

  /** Begins the session immediately, without the library's delay that detects clients which talk before the greeting. */
  protected listenTo(ready: Done): void {
    this._setListeners(ready)
  }

  protected commandEhlo(line: Buffer, done: Done): void {
    super.handler_EHLO(line, done)
  }
  protected commandHelo(line: Buffer, done: Done): void {
    super.handler_HELO(line, done)
  }
  protected commandAuth(line: Buffer, done: Done): void {
    super.handler_AUTH(line, done)
  }
  protected commandMail(line: Buffer, done: Done): void {
    super.handler_MAIL(line, done)
  }
  protected commandRcpt(line: Buffer, done: Done): void {
    super.handler_RCPT(line, done)
  }
  protected commandData(line: Buffer, done: Done): void {
    super.handler_DATA(line, done)
  }
  /** Refuses BDAT, which the library does not implement. */
  protected commandBdat(_line: Buffer, done: Done): void {
    this.send(502, 'Error: command not recognized')
    done()
  }

  override _createParser(): LibraryParser {
    const parser = this.createParser(this._server.options.maxCommandLength)
    parser.oncommand = (line, done) => this._onCommand(line, done)
    return parser
  }
  override _onCommand(line: Buffer, done?: Done): void {
    this.onLine(line, done)
  }
  override _resetSession(): void {
    this.onReset()
  }
  override _onClose(): void {
    this.onClosed()
  }
  override handler_EHLO(line: Buffer, done: Done): void {
    this.commandEhlo(line, done)
  }
  override handler_HELO(line: Buffer, done: Done): void {
    this.commandHelo(line, done)
  }
  override handler_AUTH(line: Buffer, done: Done): void {
    this.commandAuth(line, done)
  }
  override handler_MAIL(line: Buffer, done: Done): void {
    this.commandMail(line, done)
  }
  override handler_RCPT(line: Buffer, done: Done): void {
    this.commandRcpt(line, done)
  }
  override handler_DATA(line: Buffer, done: Done): void {
    this.commandData(line, done)
  }
  handler_BDAT(line: Buffer, done: Done): void {
    this.commandBdat(line, done)
  }
}

/** The server of a port. */
export abstract class LibraryServer extends SMTPServer {
  abstract newConnection(socket: Socket, options: SocketOptions): LibraryConnection

  /** True if octets must be read from this peer before TLS or SMTP begins: a PROXY header. */
  protected abstract readsBeforeSession(socket: Socket): boolean

  /** Called for each connection before anything is read or sent. Calls `done` once, with an error if the connection is rejected. */
  protected beforeSession(socket: Socket, done: (error: Error | null, options?: SocketOptions) => void): void {
    super._handleProxy(socket, done)
  }

  /** The TLS socket on top of this one, while its handshake is in progress. */
  protected handshakeOn(socket: Socket): Socket | undefined {
    return this._pendingSockets.get(socket)
  }

  override connect(socket: Socket, options: never): void {
    const connection = this.newConnection(socket, options)
    this.connections.add(connection)
    connection.on('error', (error) => this.emit('error', error))
    connection.init()
  }
  override _expectsProxyHeader(socket: Socket): boolean {
    return this.readsBeforeSession(socket)
  }
  override _handleProxy(socket: Socket, done: (error: Error | null, options?: SocketOptions) => void): void {
    this.beforeSession(socket, done)
  }
}

/** The result of a handler of MAIL or RCPT. */
export type HandlerError = SMTPServerError | null | undefined
