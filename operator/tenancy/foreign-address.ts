import type { AnyResource } from '@postrider/resources/kinds'
import { ownerOf } from './senders.ts'

/** Why a SenderAddress cannot be verified with a code: its domain belongs to another namespace. A person who can read one mailbox of a
 * domain must not decide who may send as it. Pure. */
export function foreignAddress(resource: AnyResource, owners: ReadonlyMap<string, string>): string | undefined {
  if (resource.kind !== 'SenderAddress') return undefined
  const { namespace, spec } = resource
  const domain = spec.address.slice(spec.address.lastIndexOf('@') + 1).toLowerCase()
  const owner = ownerOf(domain, (name) => owners.get(name))
  if (owner === undefined || owner === namespace) return undefined
  return `spec.address is ${spec.address}, but its domain belongs to another namespace, and only that namespace can allow it`
}
