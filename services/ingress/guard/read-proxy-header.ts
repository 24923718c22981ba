import type { Socket } from 'node:net'
import { BadProxyHeaderError, parseProxyHeader } from './proxy-header.ts'
import type { ProxyHeader } from './proxy-header.ts'

/** How long to wait for the header. Proxies send it in their first packet. Milliseconds. */
const WAIT_MS = 5000

/** Reads the PROXY header from a connection and leaves the octets after it unread. Rejects with BadProxyHeaderError if the header is not
 * valid or does not arrive in time; the caller then closes the connection. */
export function readProxyHeader(socket: Socket): Promise<ProxyHeader> {
  let seen = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      clearTimeout(timer)
      socket.off('readable', read)
      socket.off('end', gone)
      socket.off('close', gone)
      settle()
    }
    const fail = (error: unknown): void =>
      done(() =>
        reject(
          error instanceof BadProxyHeaderError ? error : new BadProxyHeaderError('cannot be read', { cause: error }),
        ),
      )
    const gone = (): void => fail(new BadProxyHeaderError('was incomplete when the connection ended'))
    const timer = setTimeout(() => fail(new BadProxyHeaderError(`did not arrive within ${WAIT_MS} ms`)), WAIT_MS)
    const read = (): void => {
      const chunk = socket.read() as Buffer | null
      if (chunk === null) return
      seen = Buffer.concat([seen, chunk])
      try {
        const header = parseProxyHeader(seen)
        if (header === undefined) return
        done(() => {
          if (seen.length > header.length) socket.unshift(seen.subarray(header.length))
          resolve(header)
        })
      } catch (error) {
        fail(error)
      }
    }
    socket.on('readable', read)
    socket.once('end', gone)
    socket.once('close', gone)
  })
}
