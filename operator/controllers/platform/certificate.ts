import { X509Certificate } from 'node:crypto'
import type { V1Secret } from '@kubernetes/client-node'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import type { LocalCertificate } from '@postrider/tls/local-certificate'
import type { Resource } from '@postrider/resources/kinds'
import type { Wire } from '@postrider/kubernetes/object/object'
import { DAY_MS } from '@postrider/time/day'
import { labelsOf, localTlsName } from '../../shapes/names.ts'
import { secret, secretText } from '../../shapes/secret.ts'
import { clientHost, serviceHost } from '../../shapes/service.ts'

const RENEW_MS = 30 * DAY_MS

/** All names by which clients may reach the ingress. */
const certificateNames = (platform: Resource<'MailPlatform'>): [string, ...string[]] => [
  platform.spec.hostName,
  clientHost(platform),
  serviceHost(platform),
  `${serviceHost(platform)}.cluster.local`,
  'localhost',
  '127.0.0.1',
]

/** The certificate of a platform without one of its own: the remembered one, else the present one, else a new one. It is replaced if it
 * lacks a name or expires soon. Remembered, because clients trust its CA, whose key is not kept. */
export async function localCertificate(
  platform: Resource<'MailPlatform'>,
  remembered: LocalCertificate | undefined,
  present: Wire<V1Secret> | undefined,
  now = Date.now(),
): Promise<LocalCertificate> {
  const names = certificateNames(platform)
  const kept = [remembered, presentCertificate(present)].find(
    (known) => known !== undefined && fits(known.cert, names, now),
  )
  return kept ?? makeLocalCertificate(names, now)
}

export const certificateSecret = (
  platform: Resource<'MailPlatform'>,
  { cert, key, ca }: LocalCertificate,
): Wire<V1Secret> =>
  secret({
    namespace: platform.namespace,
    name: localTlsName(platform.name),
    labels: labelsOf(platform.name),
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': cert, 'tls.key': key, 'ca.crt': ca },
  })

function presentCertificate(found: Wire<V1Secret> | undefined): LocalCertificate | undefined {
  const [cert, key, ca] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => secretText(found, name))
  return cert === undefined || key === undefined || ca === undefined ? undefined : { cert, key, ca }
}

function fits(pem: string, names: string[], now: number): boolean {
  try {
    const certificate = new X509Certificate(pem)
    const known = certificate.subjectAltName ?? ''
    return endOf(pem) - now > RENEW_MS && names.every((name) => known.includes(`:${name}`))
  } catch {
    // Someone changed the Secret.
    return false
  }
}

/** When a certificate expires, milliseconds since the epoch. Throws if it cannot be parsed. */
export const endOf = (pem: string): number => Date.parse(new X509Certificate(pem).validTo)
