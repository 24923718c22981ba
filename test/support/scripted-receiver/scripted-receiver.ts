import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { TLSSocket, createSecureContext } from 'node:tls'
import type { ScriptedReceiver, ScriptedReceiverOptions } from './script.ts'
import { ServerSession } from './server-session.ts'

/** A mail server that plays a script: any reply at any stage, silence, a connection that ends, TLS that fails. */
export async function startReceiver(options: ScriptedReceiverOptions = {}): Promise<ScriptedReceiver> {
  const { certificate, host = '127.0.0.1', port = 0 } = options
  const receiver = { mails: [], lines: [], groups: [] } as Pick<ScriptedReceiver, 'mails' | 'lines' | 'groups'>
  const sockets = new Set<Socket>()
  const secureContext = certificate === undefined ? undefined : createSecureContext(certificate)
  let connections = 0
  const clients: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    clients.push(socket.remoteAddress ?? '')
    socket.setNoDelay(true).on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    const upgrade = (): Socket => {
      const secure = new TLSSocket(socket, { isServer: true, secureContext })
      return secure.on('error', () => socket.destroy())
    }
    new ServerSession(socket, { ...options, ...receiver, connection: ++connections, upgrade }).begin()
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  const address = server.address()
  return {
    ...receiver,
    clients,
    host,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    open: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
