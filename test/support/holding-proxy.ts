import { createConnection, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface HoldingProxy {
  port: number
  /** Nothing passes any more, and no connection ends: as on a network that drops packets. */
  hold(): void
  /** What was held back arrives. */
  release(): void
  close(): void
}

/** A TCP proxy on loopback that can hold back what goes through it. */
export async function startHoldingProxy(target: { host: string; port: number }): Promise<HoldingProxy> {
  const sockets = new Set<Socket>()
  let held = false
  const server = createServer({ allowHalfOpen: false, noDelay: true }, (near) => {
    const far = createConnection({ ...target, noDelay: true })
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      socket.on('data', (chunk) => {
        if (!other.write(chunk)) socket.pause()
      })
      socket.on('drain', () => {
        if (!held) other.resume()
      })
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        // While the network is cut, the other end does not hear of it.
        if (held) waiting.push(() => other.destroy())
        else other.destroy()
      })
      if (held) socket.pause()
    }
  })
  const waiting: (() => void)[] = []
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    hold() {
      held = true
      for (const socket of sockets) socket.pause()
    },
    release() {
      held = false
      for (const socket of sockets) socket.resume()
      for (const run of waiting.splice(0)) run()
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
