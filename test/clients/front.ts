import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { TLSSocket, connect as connectTls } from 'node:tls'
import { Transcript } from './transcript.ts'

/** `through`: the client's TLS ends at the platform. `record`: it ends here, and goes on to the platform in TLS of its own. */
export type Mode = 'through' | 'record'

export interface FrontOptions {
  host: string
  port: number
  /** Port of the platform on loopback. */
  to: number
  /** Which of the platform's ports: implicit TLS, or plain text until STARTTLS. */
  implicit: boolean
  /** The platform's own certificate, and the CA that it must verify by. */
  key: Buffer
  cert: Buffer
  ca: Buffer
}

export interface Session {
  /** Such as TLSv1.3; empty when no TLS came to be. */
  protocol: string
  transcript: Transcript
}

export interface Front {
  mode: Mode
  /** Address that the platform sees. */
  from: string
  /** Those in mode `record`, in their order. */
  sessions: Session[]
  connections: number
  close(): Promise<void>
}

/** Stands where clients look for the platform, and can write down what they say to it. */
export async function startFront(options: FrontOptions): Promise<Front> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    front.connections++
    const upstream = connect({ host: '127.0.0.1', port: options.to, localAddress: front.from })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay(true).on('error', () => end(client, upstream))
      socket.on('close', () => sockets.delete(socket))
    }
    if (front.mode === 'through') client.pipe(upstream).pipe(client)
    else {
      const session: Session = { protocol: '', transcript: new Transcript() }
      front.sessions.push(session)
      if (options.implicit) void secure(client, upstream, session, options).catch(() => end(client, upstream))
      else relay(client, upstream, session, options)
    }
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const front: Front = {
    mode: 'through',
    from: '127.0.0.1',
    sessions: [],
    connections: 0,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return front
}

function end(...sockets: Socket[]): void {
  for (const socket of sockets) socket.destroy()
}

/** Ends the client's TLS and goes on in TLS to the platform, whose certificate is verified. `first` is said to the client before. */
async function secure(
  client: Socket,
  upstream: Socket,
  session: Session,
  { key, cert, ca }: FrontOptions,
  first?: Buffer,
): Promise<void> {
  if (upstream.connecting) await once(upstream, 'connect')
  const inside = connectTls({ socket: upstream, ca, servername: 'localhost' })
  await once(inside, 'secureConnect')
  // What the client's first octets of TLS are read by must be there before it is asked to send them.
  const outside = new TLSSocket(client, { isServer: true, key, cert, minVersion: 'TLSv1.2' })
  for (const socket of [inside, outside]) socket.on('error', () => end(client, upstream))
  if (first !== undefined) client.write(first)
  await once(outside, 'secure')
  session.protocol = outside.getProtocol() ?? ''
  relay(outside, inside, session)
}

/** Passes on and writes down; with `options`, until STARTTLS is agreed upon. */
function relay(client: Socket, upstream: Socket, session: Session, options?: FrontOptions): void {
  const fromClient = (chunk: Buffer): void => {
    session.transcript.client(chunk)
    upstream.write(chunk)
  }
  const fromServer = (chunk: Buffer): void => {
    session.transcript.server(chunk)
    if (options === undefined || !session.transcript.startsTls) return void client.write(chunk)
    client.removeAllListeners('data').removeAllListeners('end')
    upstream.removeAllListeners('data').removeAllListeners('end')
    void secure(client, upstream, session, options, chunk).catch(() => end(client, upstream))
  }
  client.on('data', fromClient).on('end', () => upstream.end())
  upstream.on('data', fromServer).on('end', () => client.end())
}
