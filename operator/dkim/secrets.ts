import { createHash } from 'node:crypto'
import type { V1Secret } from '@kubernetes/client-node'
import type { DkimAlgorithm } from '@postrider/mail/dkim-keys'
import type { KubeObject, Wire } from '@postrider/kubernetes/object/object'
import { labelsOf } from '../shapes/names.ts'
import { secret, secretText } from '../shapes/secret.ts'
import type { Algorithm, DkimKey } from './keys.ts'

/** Each key has a Secret in the platform's namespace, never in a tenant's. Annotations describe the key. */

export interface StoredKey extends DkimKey {
  /** Private key, PKCS#8 PEM. */
  pem: string
}

export const DKIM_LABEL = 'postrider.dev/dkim-domain'
const DOMAIN = 'postrider.dev/domain'
const NAMES = {
  selector: 'postrider.dev/selector',
  algorithm: 'postrider.dev/algorithm',
  generation: 'postrider.dev/generation',
  createdAt: 'postrider.dev/created-at',
  request: 'postrider.dev/rotation-request',
  supersededAt: 'postrider.dev/superseded-at',
} as const

export const SIGNING: Record<Algorithm, DkimAlgorithm> = { RSA2048: 'rsa-sha256', Ed25519: 'ed25519-sha256' }

/** Domain resource (`namespace/name`) and domain name: each domain name has its own keys. */
export interface KeyOwner {
  key: string
  domainName: string
}

/** Label to find an owner's Secrets; its value has at most 63 characters. */
export const ownerLabel = ({ key, domainName }: KeyOwner): string =>
  createHash('sha256').update(`${key} ${domainName}`).digest('hex').slice(0, 32)

export function keySecret(namespace: string, platform: string, owner: KeyOwner, key: StoredKey): Wire<V1Secret> {
  return secret({
    namespace,
    name: `dkim-${ownerLabel(owner).slice(0, 16)}-${key.selector}`,
    labels: { ...labelsOf(platform), [DKIM_LABEL]: ownerLabel(owner) },
    annotations: {
      [DOMAIN]: owner.key,
      [NAMES.selector]: key.selector,
      [NAMES.algorithm]: key.algorithm,
      [NAMES.generation]: String(key.generation),
      [NAMES.createdAt]: new Date(key.createdAt).toISOString(),
      [NAMES.request]: key.request,
      ...(key.supersededAt === undefined ? {} : { [NAMES.supersededAt]: new Date(key.supersededAt).toISOString() }),
    },
    data: { 'private.pem': key.pem },
  })
}

/** The key in a Secret; undefined if it is not one of ours or cannot be read. */
export function readKey(found: Wire<V1Secret>): StoredKey | undefined {
  const annotations = found.metadata?.annotations ?? {}
  const pem = secretText(found, 'private.pem')
  const { [NAMES.selector]: selector, [NAMES.algorithm]: algorithm } = annotations
  if (pem === undefined || selector === undefined || (algorithm !== 'RSA2048' && algorithm !== 'Ed25519'))
    return undefined
  const supersededAt = Date.parse(annotations[NAMES.supersededAt] ?? '')
  return {
    selector,
    algorithm,
    pem,
    generation: Number(annotations[NAMES.generation] ?? 1),
    createdAt: Date.parse(annotations[NAMES.createdAt] ?? '') || 0,
    request: annotations[NAMES.request] ?? '',
    ...(Number.isNaN(supersededAt) ? {} : { supersededAt }),
  }
}

/** The Domain (`namespace/name`) whose key a Secret holds; undefined for other Secrets. */
export const domainOfKey = ({ metadata }: KubeObject): string | undefined =>
  metadata?.labels?.[DKIM_LABEL] === undefined ? undefined : metadata.annotations?.[DOMAIN]
