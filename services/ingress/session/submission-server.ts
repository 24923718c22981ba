import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { EnvelopeConnection } from './envelope-connection.ts'

/** smtp-server with some differences (for those of the envelope see envelope-connection.ts), all by its own inner methods (the version is pinned; submission-server.test.ts
 * notices when they change):
 *
 * - The greeting comes at once. The library waits 100 ms to catch clients that talk first; that is a test for spam bots on
 *   port 25, while here every client must log in, and it bounds 20 sessions of one message each to 200 messages a second.
 * - AUTH is announced in TLS only: a client that sees it in clear may send its password before it is told not to (RFC 4954, 4).
 * - A reply whose text begins with a status code (RFC 3463) is sent with that one, not with the library's guess.
 * - Sessions can be ended by their login. */
export class SubmissionServer extends SMTPServer {
  /** EHLO lines beside the library's own (envelope-connection.ts), asked for each EHLO. */
  offers: () => string[] = () => []

  override connect(socket: Socket, socketOptions: never): void {
    const connection = new PromptConnection(this, socket, socketOptions)
    this.connections.add(connection)
    connection.on('error', (error) => this.emit('error', error))
    connection.init()
  }

  /** See EndSessions (revoke.ts). */
  endSessions(gone: (login: string) => boolean): number {
    let busy = 0
    for (const connection of [...this.connections]) {
      const { user } = connection.session as { user?: unknown }
      if (typeof user !== 'string' || !gone(user)) continue
      // As the library's own idle timeout judges it: the client waits for us, or is sending.
      if (connection._handlerPending || connection._dataStream) busy++
      else connection.send(421, '4.7.0 your credential is no longer valid; log in with another one')
    }
    return busy
  }
}

const OWN_STATUS = /^[245]\.\d{1,3}\.\d{1,3} /

const isNotAuth = (line: string): boolean => !line.startsWith('AUTH ')

class PromptConnection extends EnvelopeConnection {
  override offers(): string[] {
    return this._server instanceof SubmissionServer ? this._server.offers() : []
  }

  override init(): void {
    const { maxClients } = this._server.options
    this._setListeners(() => {
      if (maxClients && this._server.connections.size > maxClients) {
        this.send(421, `${this.name} has too many connections; try again in a moment`, false)
        return
      }
      this.connectionReady()
    })
  }

  override send(code: number, data: string | string[], context?: string | false): void {
    const own = typeof data === 'string' && OWN_STATUS.test(data)
    super.send(code, this.secure || !Array.isArray(data) ? data : data.filter(isNotAuth), own ? false : context)
  }
}
