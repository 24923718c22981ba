import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Writable } from 'node:stream'
import type { KubeConfig, PortForward } from '@kubernetes/client-node'

export interface Forwarded {
  /** Local port, on the loopback address. */
  port: number
  /** What went wrong with a connection, if known. */
  readonly trouble: string | undefined
  close(): void
}

export interface ForwardTarget {
  namespace: string
  pod: string
  port: number
}

/** Forwards a local port to a port of a pod, through the API server. Each connection is forwarded separately. */
export async function forwardPort(config: KubeConfig, target: ForwardTarget): Promise<Forwarded> {
  const { PortForward } = await import('@kubernetes/client-node')
  const forward = new PortForward(config)
  const sockets = new Set<Socket>()
  let trouble: string | undefined
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // The client sees that the connection ended; `trouble` may have the reason.
    socket.on('error', () => undefined)
    join(forward, target, socket, (text) => (trouble = text)).catch((error: unknown) => {
      trouble = textOf(error)
      socket.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    get trouble() {
      return trouble
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

async function join(
  forward: PortForward,
  { namespace, pod, port }: ForwardTarget,
  socket: Socket,
  tell: (text: string) => void,
): Promise<void> {
  // The kubelet writes here if nothing listens on the port.
  const complaints = new Writable({
    write(chunk: Buffer, _, done) {
      const text = chunk.toString().trim()
      if (text !== '') {
        tell(text)
        socket.destroy()
      }
      done()
    },
  })
  // The library's type is of a package without types; it returns a function instead only if it may retry.
  const channel = (await forward.portForward(namespace, pod, [port], socket, complaints, socket)) as unknown as Channel
  if (socket.destroyed) channel.close()
  socket.once('close', () => channel.close())
  channel.addEventListener('close', () => socket.destroy())
}

interface Channel {
  close(): void
  addEventListener(type: 'close', listener: () => void): void
}

/** The message of an Error, or of a WebSocket error event. */
function textOf(error: unknown): string {
  const { message } = error as { message?: unknown }
  return typeof message === 'string' ? message : String(error)
}
