import { createHash } from 'node:crypto'
import { FIELD_MANAGER } from '../transport/client.ts'
import type { ManagedFields } from './managers.ts'
import type { KubeObject, OwnerReference } from '../object/object.ts'

/** Digest of what was applied last. It tells a new process whether it wants something else than the previous one. */
const APPLIED = 'postrider.dev/applied'
const MANAGED_BY = 'app.kubernetes.io/managed-by'
/** Adds the owner reference, and the digest of the result. */
export function complete<T extends KubeObject>(
  wanted: T,
  reference: OwnerReference | undefined,
): { desired: T; hash: string } {
  const metadata = { ...wanted.metadata, ...(reference === undefined ? {} : { ownerReferences: [reference] }) }
  const hash = createHash('sha256')
    .update(stable({ ...wanted, metadata }))
    .digest('hex')
    .slice(0, 16)
  const annotations = { ...metadata.annotations, [APPLIED]: hash }
  return { desired: { ...wanted, metadata: { ...metadata, annotations } }, hash }
}

/** JSON with sorted keys. */
const stable = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  )

/** Undefined if they do not share a namespace: owners cannot be in another one. */
export function ownerReferenceFor(wanted: KubeObject, owner: KubeObject): OwnerReference | undefined {
  const { apiVersion, kind, metadata } = owner
  if (metadata?.namespace !== wanted.metadata?.namespace) return undefined
  if (apiVersion === undefined || kind === undefined || metadata?.name === undefined || metadata.uid === undefined)
    return undefined
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }
}

export function isOurs({ metadata }: KubeObject, owner: KubeObject | undefined): boolean {
  const { labels, annotations, ownerReferences = [] } = metadata ?? {}
  if (labels?.[MANAGED_BY] === FIELD_MANAGER || annotations?.[APPLIED] !== undefined) return true
  const uid = owner?.metadata?.uid
  return uid !== undefined && ownerReferences.some((reference) => reference.uid === uid)
}

export const isGoing = (object: KubeObject): boolean =>
  (object.metadata as { deletionTimestamp?: unknown } | undefined)?.deletionTimestamp !== undefined

export const managedFieldsOf = (object: KubeObject): ManagedFields[] =>
  (object.metadata as { managedFields?: ManagedFields[] } | undefined)?.managedFields ?? []

/** The digest of what was applied last. */
export const appliedHash = ({ metadata }: KubeObject): string | undefined => metadata?.annotations?.[APPLIED]
