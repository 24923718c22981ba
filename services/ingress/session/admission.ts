import type { Socket } from 'node:net'
import type { ConnectionLimiter, LimiterReason, AdmittedConnection } from '../guard/connection-limiter.ts'
import { isWithin } from '@postrider/authentication/network'
import type { Networks } from '@postrider/authentication/network'
import { readProxyHeader } from '../guard/read-proxy-header.ts'

/** A connection before its first octet of SMTP or TLS. */
export interface Arrival {
  address: string
  port: number
}

/** How a port decides whether a connection becomes a session. */
export interface AdmissionRules {
  limiter: ConnectionLimiter
  /** Proxies that send a PROXY header on each connection. No header is read from other peers. */
  proxies: Networks
  /** Networks whose clients need no login. */
  trusted: Networks
}

/** Reply texts for rejected and closed connections. */
export const LIMITER_TEXTS: Record<LimiterReason, string> = {
  full: 'too many connections; try again in a moment',
  network: 'too many connections without a login from your network; close some, or log in',
  rate: 'too many new connections from your network without a login; try again in a minute',
  deadline: 'no login in time; reconnect and log in promptly',
  displaced: 'too many connections are waiting to log in; reconnect and log in immediately',
}

/** Whether a PROXY header has to be read from this peer. */
export const isProxy = (socket: Socket, { proxies }: AdmissionRules): boolean =>
  proxies.length > 0 && isWithin(socket.remoteAddress ?? '', proxies)

/** The client's address: from the PROXY header if the peer is a proxy, else the peer's own. Rejects with BadProxyHeaderError. */
export async function arrivalOf(socket: Socket, rules: AdmissionRules): Promise<Arrival> {
  const own = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  return isProxy(socket, rules) ? ((await readProxyHeader(socket)).source ?? own) : own
}

/** Admits a connection until its socket closes, or returns why it is rejected. `end` is called when the limiter closes it later. */
export function admit(
  socket: Socket,
  { address }: Arrival,
  { limiter, trusted }: AdmissionRules,
  end: (reason: LimiterReason) => void,
): AdmittedConnection | LimiterReason {
  const admitted = limiter.admit({ address, trusted: isWithin(address, trusted), end })
  if (typeof admitted !== 'string') socket.once('close', () => admitted.closed())
  return admitted
}
