import { createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** Takes a port that a program has just lost, so that whoever starts it again finds it in use. Whoever connects is turned away.
 * Resolves with what gives the port back. */
export async function holdPort(port: number): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy())
  for (let time = 0; ; time++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          server.off('error', reject)
          resolve()
        })
      })
      break
    } catch (error) {
      if (time > 500) throw error
      await pause(5)
    }
  }
  return () => new Promise((resolve) => server.close(() => resolve()))
}
