import 'reflect-metadata'
import { SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509'

/** Names of the subject of a PEM certificate, or of the first certificate of a chain (RFC 5280, 4.2.1.6). All in lower case except URIs. */
export interface SubjectNames {
  dns: string[]
  emails: string[]
  uris: string[]
}

/** Reads the subject alternative names; the common name is ignored (RFC 9525, 6.3). Throws if it is not a certificate. */
export function subjectNames(certificate: string | Buffer): SubjectNames {
  const names = new X509Certificate(certificate).getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const of = (type: string): string[] => names.filter((name) => name.type === type).map(({ value }) => value)
  return {
    dns: of('dns').map((name) => name.toLowerCase()),
    emails: of('email').map((address) => address.toLowerCase()),
    uris: of('url'),
  }
}

/** Whether a certificate with these DNS names matches a host: by the name itself, or by a wildcard for its first label (RFC 9525, 6.3). */
export function isFor(names: string[], host: string): boolean {
  const wanted = host.toLowerCase().replace(/\.$/, '')
  return names.includes(wanted) || names.includes(wanted.replace(/^[^.]+/, '*'))
}
