import { createSecureContext } from 'node:tls'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import type { CertificateFiles } from './certificate.ts'
import type { Certificates } from './certificates.ts'
import { isFor, subjectNames } from './host-names.ts'

/** The context for the host that a client names; undefined if the first certificate is to be used. */
export type ContextOf = (serverName: string) => SecureContext | undefined

/** Creates contexts for the further certificates, each with the options of the port: OpenSSL takes all settings of a connection,
 * including ciphers and client CAs, from the selected context. */
export function contextsOf({ further, clientCa }: Certificates, options: SecureContextOptions): ContextOf {
  const contexts = further.map(({ cert, key }: CertificateFiles) => ({
    names: subjectNames(cert).dns,
    context: createSecureContext({ ...options, cert, key, ca: clientCa ?? [] }),
  }))
  return (serverName) => contexts.find(({ names }) => isFor(names, serverName))?.context
}
