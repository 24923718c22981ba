import { X509Certificate } from 'node:crypto'
import type { V1Secret } from '@kubernetes/client-node'
import { BOTH_ENDS, issueCertificate, makeAuthority } from '@postrider/tls/local-certificate'
import type { LocalAuthority, LocalCertificate } from '@postrider/tls/local-certificate'
import type { Wire } from '@postrider/kubernetes/object/object'
import { DAY_MS } from '@postrider/time/day'
import { labelsOf } from '../shapes/names.ts'
import { secret, secretText } from '../shapes/secret.ts'

/** The broker's own CA and the certificate of its servers, in one Secret. The CA's key is kept, so that services and servers trust a
 * renewed certificate without a change. */
export interface BrokerCertificate extends LocalCertificate {
  caKey: string
}

const RENEW_MS = 60 * DAY_MS

/** The known certificate if it is valid for these hosts and long enough; otherwise a new one, from the known CA if that is usable. */
export async function brokerCertificate(
  hosts: string[],
  known: BrokerCertificate | undefined,
  now = Date.now(),
): Promise<BrokerCertificate> {
  const names: [string, ...string[]] = [hosts[0] ?? 'localhost', ...hosts.slice(1)]
  if (known !== undefined && serves(known.cert, names, now)) return known
  const kept = known !== undefined && lasts(known.ca, now) ? { ca: known.ca, key: known.caKey } : undefined
  if (kept !== undefined) {
    const renewed = await issued(kept, names, now).catch(() => undefined)
    // If someone changed the Secret, the key may belong to another CA.
    if (renewed !== undefined && isOf(renewed.cert, renewed.ca)) return renewed
  }
  return issued(await makeAuthority('Postrider broker CA', now), names, now)
}

const issued = async (authority: LocalAuthority, names: [string, ...string[]], now: number) => ({
  ...(await issueCertificate(authority, names, now, BOTH_ENDS)),
  caKey: authority.key,
})

export const brokerCertificateSecret = (
  namespace: string,
  name: string,
  { ca, caKey, cert, key }: BrokerCertificate,
): Wire<V1Secret> =>
  secret({
    namespace,
    name,
    labels: labelsOf(name),
    type: 'kubernetes.io/tls',
    data: { 'ca.crt': ca, 'ca.key': caKey, 'tls.crt': cert, 'tls.key': key },
  })

export function readBrokerCertificate(found: Wire<V1Secret> | undefined): BrokerCertificate | undefined {
  const [ca, caKey, cert, key] = ['ca.crt', 'ca.key', 'tls.crt', 'tls.key'].map((name) => secretText(found, name))
  if (ca === undefined || caKey === undefined || cert === undefined || key === undefined) return undefined
  return { ca, caKey, cert, key }
}

const isOf = (cert: string, ca: string): boolean => new X509Certificate(cert).verify(new X509Certificate(ca).publicKey)

function serves(pem: string, names: string[], now: number): boolean {
  if (!lasts(pem, now)) return false
  const { subjectAltName = '' } = new X509Certificate(pem)
  const known = new Set(subjectAltName.split(', '))
  return names.every((name) => known.has(`DNS:${name}`))
}

function lasts(pem: string, now: number): boolean {
  try {
    return Date.parse(new X509Certificate(pem).validTo) - now > RENEW_MS
  } catch {
    // Someone changed the Secret.
    return false
  }
}
