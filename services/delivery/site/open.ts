import type { TimeoutConfig } from '@postrider/runtime-config/config'
import type { Route, Sender } from '../route/route.ts'
import { connect } from '../transaction/connection.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import type { Candidate } from './candidates.ts'
import type { HostMemory } from './host-memory.ts'
import type { LocalAddresses } from './local-address.ts'
import { withRequireTls } from './require-tls.ts'

export interface OpenOptions {
  route: Route
  sender: Sender
  timeouts: TimeoutConfig
  hosts: HostMemory
  localAddress: LocalAddresses
}

/** Connects to one address of a host and introduces itself, from the pool's addresses and with its name. Throws Broken or
 * TurnedAwayError. */
export async function open(
  { host, address }: Candidate,
  connectMs: number,
  { route, sender, timeouts, hosts, localAddress }: OpenOptions,
): Promise<SmtpConnection> {
  // A handshake that failed a moment ago would fail again, and cost a connection each time. Where TLS is required it is tried.
  const knownFault = route.tls === 'opportunistic' ? hosts.tlsFault(address) : undefined
  const opening = connect({
    host: host.name,
    address,
    port: host.port,
    localAddress: localAddress(sender, address),
    ehloName: sender.ehloName,
    tls: knownFault === undefined ? route.tls : 'off',
    timeouts: { ...timeouts, connectMs },
  })
  const connection = route.requireTls === true ? await withRequireTls(opening, host.name) : await opening
  if (connection.tlsFault !== undefined) hosts.tlsFailed(address, connection.tlsFault)
  return knownFault === undefined ? connection : { ...connection, tlsFault: knownFault }
}
