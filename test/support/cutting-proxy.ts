import { createConnection, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** Where the connection is lost. `content`: in the middle of DATA, so that the server has nothing. `reply`: after the
 * server's reply to the final dot, which the client never sees, so that the server has the message. */
export type Cut = 'content' | 'reply'

export interface CuttingProxyOptions {
  to: { host: string; port: number }
  cut: Cut
  /** So many connections are cut; those after them go through. */
  times: number
  /** Octets of content that are let through before a cut in `content`. */
  after?: number
}

export interface CuttingProxy {
  host: string
  port: number
  /** Connections that were cut. */
  cuts(): number
  connections(): number
  close(): Promise<void>
}

/** A TCP proxy for plain SMTP that loses connections in DATA. It cannot look into TLS: no cut comes after STARTTLS. */
export async function startCuttingProxy(options: CuttingProxyOptions): Promise<CuttingProxy> {
  const { to, cut, times, after = 100 } = options
  const sockets = new Set<Socket>()
  let cuts = 0
  let connections = 0

  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
  }
  const server = createServer((client) => {
    connections++
    const remote = keep(createConnection(to))
    keep(client)
    let stage: 'commands' | 'content' | 'dot' = 'commands'
    let passed = 0
    let tail = ''
    const sever = (): void => {
      cuts++
      client.resetAndDestroy()
      // An end, not a reset: what was sent before still arrives.
      remote.end()
    }
    client.on('data', (chunk) => {
      if (stage === 'content') {
        passed += chunk.length
        if (cut === 'content' && cuts < times && passed > after) {
          remote.write(chunk.subarray(0, Math.max(0, after - (passed - chunk.length))))
          sever()
          return
        }
        tail = (tail + chunk.toString('latin1')).slice(-5)
        if (tail === '\r\n.\r\n') stage = 'dot'
      }
      remote.write(chunk)
    })
    remote.on('data', (chunk) => {
      const text = chunk.toString('latin1')
      // With PIPELINING the 354 may come in one piece with the replies before it.
      if (stage === 'commands' && /^354/m.test(text)) {
        stage = 'content'
        passed = 0
        tail = ''
      } else if (stage === 'dot') {
        stage = 'commands'
        if (cut === 'reply' && cuts < times) {
          sever()
          return
        }
      }
      client.write(chunk)
    })
    client.on('end', () => remote.end()).on('close', () => remote.end())
    remote.on('end', () => client.end()).on('close', () => client.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    host: '127.0.0.1',
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cuts: () => cuts,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}
