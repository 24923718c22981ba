import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { Script, Stage } from './script.ts'
import { Session } from './session.ts'
import type { Watcher } from './session.ts'

export interface ServerOptions {
  /** By default everything is taken. */
  script?: Script
  /** Keywords of the EHLO reply; STARTTLS is no longer offered in TLS. */
  offers?: string[]
  /** PEM. With one, STARTTLS is offered by default. */
  certificate?: { cert: string | Buffer; key: string | Buffer }
  host?: string
  /** Any free one when not given. */
  port?: number
  /** Octets that are kept of a message. */
  maxContent?: number
  now?: () => number
}

export interface ServerWatcher extends Watcher {
  connected?(socket: Socket): void
}

export interface Server {
  host: string
  port: number
  /** Connections so far. */
  connections(): number
  /** Connections that are open. */
  open(): number
  /** Exchanges the script, and ends the connections that play the old one. */
  rewrite(script: Script): void
  close(): Promise<void>
}

const OFFERS = ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES']
export const ALL_OFFERS = [...OFFERS, 'DSN', 'SIZE 10000000']

/** A mail server that plays a script: any reply at any stage, silence, a connection that ends, TLS that fails. It keeps nothing. */
export async function serve(options: ServerOptions, watcher: ServerWatcher): Promise<Server> {
  const { certificate, host = '127.0.0.1', port = 0, maxContent = Infinity, now = Date.now } = options
  const { offers = certificate === undefined ? OFFERS : [...OFFERS, 'STARTTLS'] } = options
  let { script = {} } = options
  const secureContext = certificate && createSecureContext(certificate)
  const attempts = new Map<string, number>()
  const attempt = (stage: Stage, argument: string): number => {
    // A table does not ask for it, and may be played for days.
    if (typeof script !== 'function') return 0
    const key = `${stage} ${argument}`
    const count = (attempts.get(key) ?? 0) + 1
    attempts.set(key, count)
    return count
  }
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    // Replies to a group of commands leave at once, as from any server that is used.
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    watcher.connected?.(socket)
    const connection = ++connections
    const session = { connection, script: () => script, attempt, offers, secureContext, maxContent, now, watcher }
    void new Session(socket, session).begin()
  })
  // Room for all that come at once.
  server.listen({ port, host, backlog: 1024 })
  await once(server, 'listening')
  const address = server.address()
  const disconnect = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    host,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    connections: () => connections,
    open: () => sockets.size,
    rewrite(other) {
      script = other
      disconnect()
    },
    async close() {
      disconnect()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
