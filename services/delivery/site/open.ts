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

/** Connects to one address of a host, from an address and with the EHLO name of the sender, and completes greeting, EHLO and STARTTLS.
 * Throws ConnectionBrokenError or SessionRefusedError. */
export async function open(
  { host, address }: Candidate,
  connectMs: number,
  { route, sender, timeouts, hosts, localAddress }: OpenOptions,
): Promise<SmtpConnection> {
  // A handshake that failed recently would probably fail again, and each failure costs a connection. If TLS is required, it is tried
  // anyway.
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
