import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SecureContextOptions } from 'node:tls'
import type { ListenerSettings } from '@postrider/contract/listener'
import { subjectNames } from '@postrider/tls/host-names'
import type { SubjectNames } from '@postrider/tls/host-names'

/** What a listener asks of its clients. */
export type ClientCertificate = ListenerSettings['clientCertificate']

/** The port's TLS options for it. A client with a certificate of an unknown CA is rejected at login, not in the
 * handshake, where it would not learn why. */
export const clientCertificateOptions = (
  wanted: ClientCertificate,
  clientCa: string | undefined,
): SecureContextOptions & { requestCert: boolean; rejectUnauthorized: boolean } => ({
  requestCert: wanted !== 'None',
  rejectUnauthorized: false,
  // Of no CA at all, rather than of those that browsers trust, which is what leaving it out would mean.
  ca: clientCa ?? [],
})

/** Names in the certificate that a client has proved to be its own; undefined without one, or when no client CA vouches for it. */
export function shownNames(socket: Socket): SubjectNames | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  // A session that is resumed without a certificate counts as authorized, there having been nothing to find fault with.
  const shown = socket.getPeerX509Certificate()
  return shown === undefined ? undefined : subjectNames(shown.toString())
}
