import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { SecureContextOptions } from 'node:tls'
import type { ListenerSettings } from '@postrider/contract/listener'
import { subjectNames } from '@postrider/tls/host-names'
import type { SubjectNames } from '@postrider/tls/host-names'

/** Whether a listener requests or requires a client certificate. */
export type ClientCertificate = ListenerSettings['clientCertificate']

/** The TLS options of a port that requests client certificates. A certificate of an unknown CA is rejected at login rather than in the
 * handshake, where the client would not learn the reason. */
export const clientCertificateOptions = (
  wanted: ClientCertificate,
  clientCa: string | undefined,
): SecureContextOptions & { requestCert: boolean; rejectUnauthorized: boolean } => ({
  requestCert: wanted !== 'None',
  rejectUnauthorized: false,
  // An empty list trusts no CA; leaving it out would trust the CAs that browsers trust.
  ca: clientCa ?? [],
})

/** The names in the client's certificate; undefined without a certificate, or when no client CA has issued it. */
export function shownNames(socket: Socket): SubjectNames | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  // Node reports a session that was resumed without a certificate as authorized, because no check failed.
  const shown = socket.getPeerX509Certificate()
  return shown === undefined ? undefined : subjectNames(shown.toString())
}
