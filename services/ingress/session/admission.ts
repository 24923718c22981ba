import type { Socket } from 'node:net'
import type { ConnectionLimiter, LimiterReason, AdmittedConnection } from '../guard/connection-limiter.ts'
import { lies } from '@postrider/authentication/network'
import type { Networks } from '@postrider/authentication/network'
import { readProxyHeader } from '../guard/read-proxy-header.ts'

/** A connection before its first octet of SMTP or TLS. */
export interface Arrival {
  address: string
  port: number
}

/** What a port asks of a connection before it becomes a session. */
export interface AdmissionRules {
  limiter: ConnectionLimiter
  /** Proxies that put a PROXY header before each connection. From all others none is read. */
  proxies: Networks
  /** Networks that need no login. */
  trusted: Networks
}

/** Replies to rejected and closed connections, where a reply can be sent. */
export const LIMITER_TEXTS: Record<LimiterReason, string> = {
  full: 'too many connections; try again in a moment',
  network: 'too many connections without a login from your network; close some, or log in',
  rate: 'too many new connections from your network without a login; try again in a minute',
  deadline: 'no login in time; reconnect and log in promptly',
  displaced: 'too many connections are waiting to log in; reconnect and log in immediately',
}

/** Whether a PROXY header has to be read from this peer. */
export const isProxy = (socket: Socket, { proxies }: AdmissionRules): boolean =>
  proxies.length > 0 && lies(socket.remoteAddress ?? '', proxies)

/** Who it is that connects. Rejects with BadProxyHeaderError. */
export async function arrivalOf(socket: Socket, rules: AdmissionRules): Promise<Arrival> {
  const own = { address: socket.remoteAddress ?? '', port: socket.remotePort ?? 0 }
  return isProxy(socket, rules) ? ((await readProxyHeader(socket)).source ?? own) : own
}

/** Lets a connection in until its socket closes, or tells why not. */
export function enter(
  socket: Socket,
  { address }: Arrival,
  { limiter, trusted }: AdmissionRules,
  end: (reason: LimiterReason) => void,
): AdmittedConnection | LimiterReason {
  const visit = limiter.enter({ address, trusted: lies(address, trusted), end })
  if (typeof visit !== 'string') socket.once('close', () => visit.leave())
  return visit
}
