import type { Socket } from 'node:net'
import { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'

/** smtp-server with two differences, both by its own inner methods (the version is pinned; submission-server.test.ts
 * notices when they change):
 *
 * - The greeting comes at once. The library waits 100 ms to catch clients that talk first; that is a test for spam bots on
 *   port 25, while here every client must log in, and it bounds 20 sessions of one message each to 200 messages a second.
 * - A reply whose text begins with a status code (RFC 3463) is sent with that one, not with the library's guess. */
export class SubmissionServer extends SMTPServer {
  override connect(socket: Socket, socketOptions: never): void {
    const connection = new PromptConnection(this, socket, socketOptions)
    this.connections.add(connection)
    connection.on('error', (error) => this.emit('error', error))
    connection.init()
  }
}

const OWN_STATUS = /^[245]\.\d{1,3}\.\d{1,3} /

class PromptConnection extends SMTPConnection {
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
    super.send(code, data, typeof data === 'string' && OWN_STATUS.test(data) ? false : context)
  }
}
