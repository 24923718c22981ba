import type { SMTPServerAddress } from 'smtp-server'
import { RefusalError } from '@postrider/smtp/refusal'
import { ChunkedStream } from './chunked-stream.ts'
import { LibraryConnection } from './smtp-server-adapter.ts'
import type { HandlerError } from './smtp-server-adapter.ts'
import type { LineFault } from './strict-parser.ts'
import { abandon, beginChunks, readChunkCommand } from './chunking.ts'
import type { ChunkCommand, ChunkedMessage } from './chunking.ts'
import { readPath } from '@postrider/smtp/path'
import type { Path, PathCommand } from '@postrider/smtp/path'

/** The library's argument to the handlers of MAIL and RCPT, with the path that readPath parsed. */
interface PathAddress extends SMTPServerAddress {
  path: Path | RefusalError
}

/** The parsed path of an address that this connection passed to a handler. Throws the RefusalError if it could not be parsed. */
export function pathOf(address: SMTPServerAddress): Path {
  const { path } = address as PathAddress
  if (path instanceof RefusalError) throw path
  return path
}

/** Size up to which a chunk that is out of sequence is read and dropped; for a larger one the connection is closed. Octets. */
const MAX_DROPPED = 1024 * 1024

/** The library's session with our parsing of the envelope and with BDAT (RFC 3030):
 *
 * - MAIL and RCPT are parsed by path.ts. The library's parser ends a quoted local part at an `@` or a space, decodes what must be passed
 *   on encoded, ignores unknown parameters, and treats recipients that differ only in case as the same.
 * - EHLO announces further extensions (`offers`).
 * - BDAT is read by chunked-stream.ts; the handlers get its content as they get that of DATA. */
export abstract class EnvelopeConnection extends LibraryConnection {
  #chunked: ChunkedMessage | undefined

  /** EHLO lines in addition to the library's own. */
  protected abstract offers(): string[]

  protected override commandEhlo(command: Buffer, callback: () => void): void {
    super.commandEhlo(withoutSpaces(command), callback)
  }

  protected override commandHelo(command: Buffer, callback: () => void): void {
    super.commandHelo(withoutSpaces(command), callback)
  }

  protected override commandMail(command: Buffer, callback: () => void): void {
    this.emitConnection()
    const { envelope } = this.session
    if (envelope.mailFrom)
      return this.#refuse('5.5.1 a MAIL command was already accepted; send RSET to start over', callback)
    const given = addressIn(command, 'MAIL FROM')
    this.server.onMailFrom(given, this.session, (error?: HandlerError) => {
      if (error) {
        this.send(error.responseCode ?? 550, error.message)
      } else {
        envelope.mailFrom = given
        this.send(250, 'Accepted', 'MAIL_FROM_OK')
      }
      callback()
    })
  }

  protected override commandRcpt(command: Buffer, callback: () => void): void {
    const { envelope } = this.session
    if (!envelope.mailFrom) return this.#refuse('5.5.1 send MAIL FROM first', callback)
    if (this.#chunked !== undefined)
      return this.#refuse('5.5.1 the message content has already started; continue with BDAT', callback)
    const given = addressIn(command, 'RCPT TO')
    this.server.onRcptTo(given, this.session, (error?: HandlerError) => {
      if (error) {
        this.send(error.responseCode ?? 550, error.message)
      } else {
        envelope.rcptTo.push(given)
        this.send(250, 'Accepted', 'RCPT_TO_OK')
      }
      callback()
    })
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    // Only the reply to EHLO has several lines.
    if (Array.isArray(data)) super.send(code, [...data, ...this.offers()].map(inAscii), context)
    else super.send(code, typeof data === 'string' ? inAscii(data) : data, context)
  }

  /** BDAT (RFC 3030). Its octets are read even if it is refused: they must never be parsed as commands. */
  protected override commandBdat(command: Buffer, callback: () => void): void {
    const chunk = readChunkCommand(command.toString())
    const fault = chunk === undefined ? '5.5.4 syntax: BDAT size [LAST]' : this.#chunkFault()
    if (chunk === undefined || (fault !== undefined && chunk.octets > MAX_DROPPED)) {
      // The start of the next command is unknown, or too many octets away.
      this.send(chunk === undefined ? 501 : 503, fault)
      this.close()
    } else if (fault !== undefined) {
      this.#chunkReader().readChunk(chunk.octets, undefined, (next) => {
        this.send(503, fault)
        next()
      })
    } else {
      this.#readChunk(chunk)
    }
    callback()
  }

  protected override commandData(command: Buffer, callback: () => void): void {
    if (this.#chunked !== undefined)
      return this.#refuse('5.5.1 this message is already being sent with BDAT; continue with BDAT', callback)
    super.commandData(command, callback)
  }

  /** Called when a line cannot be a command; nothing after it is read. */
  protected abstract lineFault(fault: LineFault): void

  protected override createParser(maxCommandLength: number | undefined): ChunkedStream {
    const parser = new ChunkedStream(maxCommandLength, (fault) => this.lineFault(fault))
    parser.on('error', (error) => this.send(421, `4.3.0 ${error.message}`))
    return parser
  }

  protected override onReset(): void {
    this.#abandonChunks()
    super.onReset()
  }

  protected override onClosed(): void {
    this.#abandonChunks()
    super.onClosed()
  }

  #chunkFault(): string | undefined {
    const { mailFrom, rcptTo } = this.session.envelope
    if (!mailFrom) return '5.5.1 send MAIL FROM first'
    return rcptTo.length === 0 ? '5.5.1 no recipient was accepted; send RCPT TO first' : undefined
  }

  #readChunk({ octets, last }: ChunkCommand): void {
    const message = (this.#chunked ??= beginChunks((stream, callback) =>
      this.server.onData(stream, this.session, callback),
    ))
    this.#chunkReader().readChunk(octets, message.stream, (next) => {
      if (!last) {
        this.send(250, `${octets} octets received`)
        return next()
      }
      // The same state as after the final dot of DATA: the client waits for the reply, and a lost connection no longer aborts the message.
      this.#chunked = undefined
      this.content = message.stream
      message.stream.end()
      void message.result.then(({ error, message: text }) => {
        this.content = undefined
        if (error) this.send(error.responseCode ?? 451, error.message)
        else this.send(250, text ?? 'message queued', 'DATA_OK')
        this.transactionEnded()
        next()
      })
    })
  }

  #chunkReader(): ChunkedStream {
    if (this.parser instanceof ChunkedStream) return this.parser
    // Commands come from the parser, so there is one.
    throw new Error('the connection has no parser')
  }

  #abandonChunks(): void {
    if (this.#chunked !== undefined) abandon(this.#chunked)
    this.#chunked = undefined
  }

  #refuse(text: string, callback: () => void): void {
    this.send(503, text)
    callback()
  }
}

/** EHLO or HELO with the words of the host name joined by hyphens. Some computers have spaces in their names, which the library rejects;
 * nothing here depends on the name. */
function withoutSpaces(command: Buffer): Buffer {
  const [verb = '', ...words] = command.toString().trim().split(/\s+/)
  return Buffer.from(words.length > 1 ? `${verb} ${words.join('-')}` : command.toString())
}

/** Escapes characters beyond ASCII as in RFC 6533, 3: a reply may contain UTF-8 only if the client asked for it (RFC 6531, 3.7.4.2). */
const inAscii = (text: string): string =>
  text.replace(/[^\u0000-\u007f]/gu, (char) => `\\x{${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)

function addressIn(command: Buffer, verb: PathCommand): PathAddress {
  try {
    const path = readPath(command.toString(), verb)
    return { address: path.address, args: false, path }
  } catch (error) {
    if (error instanceof RefusalError) return { address: '', args: false, path: error }
    throw error
  }
}
