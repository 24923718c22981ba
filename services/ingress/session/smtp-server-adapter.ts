import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerDataStream, SMTPServerError } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { SMTPStream } from 'smtp-server/lib/smtp-stream.js'

/** All that is used of smtp-server beyond its documented options and hooks, under names of our own. Nothing else in the project names an
 * inner member of it; smtp-server-adapter.test.ts has a test of each that fails when an upgrade changes it.
 * docs/smtp-server.md says which of them upstream could offer. */

type Done = () => void

/** What the library calls a connection by; the id becomes the session's. */
export interface SocketOptions {
  id: string
  remoteAddress?: string
  remotePort?: number
}

/** Reads command lines, and the content of DATA. A subclass sees each packet first (readPacket). */
export class LibraryParser extends SMTPStream {
  /** Octets are content, not commands. */
  get inContent(): boolean {
    return this._dataMode
  }
  set inContent(content: boolean) {
    this._dataMode = content
  }

  /** Ends the reading of commands: what follows is dropped. */
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

/** A session. Commands can be answered before the library sees them, by overriding the methods of their names. */
export class LibraryConnection extends SMTPConnection {
  get server(): SMTPServer {
    return this._server
  }

  get socket(): Socket {
    return this._socket
  }

  /** A command of the client is being answered. */
  get answering(): boolean {
    return this._handlerPending
  }

  /** The content of a message is being read or stored. */
  get takingContent(): boolean {
    return Boolean(this._dataStream)
  }

  /** What is read from now on is the content of a message that this stream stands for; undefined when it is stored. */
  set content(stream: SMTPServerDataStream | undefined) {
    this._dataStream = stream ?? false
  }

  /** A TLS handshake is under way. */
  get upgrading(): boolean {
    return this._upgrading
  }

  get closing(): boolean {
    return this._closing
  }

  /** A line that is the answer to a challenge is awaited, not a command. */
  get awaitsLine(): boolean {
    return Boolean(this._nextHandler)
  }

  /** The next line is not a command: `handle` gets it. */
  protected awaitLine(handle: (line: Buffer, done: Done) => void): void {
    this._nextHandler = handle
  }

  /** ESMTPSA and the like, as the session is now. */
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

  /** Reads what `parser` is to read. */
  protected onLine(line: Buffer, done?: Done): void {
    super._onCommand(line, done)
  }

  /** A message is stored, or was refused: the next transaction begins. */
  protected transactionEnded(): void {
    this._transactionCounter++
    this._resetSession()
  }

  /** RSET, EHLO, HELO, STARTTLS or the end of a message: nothing is left of the transaction. */
  protected onReset(): void {
    super._resetSession()
  }

  protected onClosed(): void {
    super._onClose()
  }

  /** Begins the session at once, without the library's wait for clients that talk first. */
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
  /** The library has no BDAT. */
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

  /** Whether octets have to be read from this peer before TLS or SMTP begins. */
  protected abstract readsBeforeSession(socket: Socket): boolean

  /** Calls back once for each connection before anything is read or said, with an error for one that is not let in. */
  protected beforeSession(socket: Socket, done: (error: Error | null, options?: SocketOptions) => void): void {
    super._handleProxy(socket, done)
  }

  /** The socket that is in a TLS handshake on top of this one, if one is. */
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

/** What a handler of MAIL or RCPT came to. */
export type HandlerError = SMTPServerError | null | undefined
