import type { V1Secret } from '@kubernetes/client-node'
import type { Resource } from '@postrider/resources/kinds'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import type { Finding } from '@postrider/kubernetes/status/conditions'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { Wire } from '@postrider/kubernetes/object/object'
import { secretText } from '../../shapes/secret.ts'
import { tlsSecrets } from '../../shapes/tls.ts'
import { endOf } from './certificate.ts'

export interface CertificateState {
  finding: Finding
  /** When the first of the certificates expires, milliseconds since the epoch; undefined if none can be read. */
  endsAt: number | undefined
}

/** The state of the platform's certificates. Read each time, because Secrets of users are not watched. */
export async function certificateState(
  cluster: Cluster,
  platform: Resource<'MailPlatform'>,
): Promise<CertificateState> {
  const found = await Promise.all(
    wantedCertificates(platform).map(async (one) => {
      const secret = await cluster.get<Wire<V1Secret>>(refTo(KINDS.Secret, platform.namespace, one.name))
      return { ...one, pem: secretText(secret, one.key) }
    }),
  )
  return judgeCertificates(found, Date.now())
}

/** The certificates that a platform needs, the default one first. Pure. */
export function wantedCertificates(platform: Resource<'MailPlatform'>): WantedCertificate[] {
  const clientCa = platform.spec.ingress.tls?.clientCA?.secretName
  return [
    ...tlsSecrets(platform).map((name, index) => {
      const meanwhile =
        index === 0 ? 'the ingress waits for it' : 'clients that ask for its names get the first certificate'
      return { name, key: 'tls.crt', meanwhile }
    }),
    ...(clientCa === undefined
      ? []
      : [{ name: clientCa, key: 'ca.crt', meanwhile: 'no client certificate is accepted' }]),
  ]
}

/** The condition of the certificates: the first that is not valid gives the reason. Pure. */
export function judgeCertificates(
  read: (WantedCertificate & { pem: string | undefined })[],
  now: number,
): CertificateState {
  const found = read.map((one) => judge(one, one.pem, now))
  const ends = found.flatMap(({ endsAt }) => endsAt ?? [])
  const endsAt = ends.length === 0 ? undefined : Math.min(...ends)
  const [bad] = found.filter(({ reason }) => reason !== 'Valid')
  const { reason, message } = bad ?? { reason: 'Valid', message: `valid until ${isoOf(endsAt)}` }
  return { finding: { type: 'CertificateReady', status: bad ? 'False' : 'True', reason, message }, endsAt }
}

/** A key of a Secret, and the effect of its absence. */
export interface WantedCertificate {
  name: string
  key: string
  meanwhile: string
}

interface Judged {
  reason: 'Valid' | 'Missing' | 'Unreadable' | 'Expired'
  message: string
  endsAt?: number
}

function judge({ name, key, meanwhile }: WantedCertificate, pem: string | undefined, now: number): Judged {
  if (pem === undefined) return { reason: 'Missing', message: `Secret ${name} has no ${key}; ${meanwhile}` }
  let endsAt: number
  try {
    endsAt = endOf(pem)
  } catch {
    return { reason: 'Unreadable', message: `${key} of Secret ${name} is not a PEM certificate` }
  }
  if (endsAt > now) return { reason: 'Valid', message: '', endsAt }
  const message = `the certificate in Secret ${name} expired at ${isoOf(endsAt)}; clients refuse to connect`
  return { reason: 'Expired', message, endsAt }
}

const isoOf = (at = 0): string => new Date(at).toISOString()
