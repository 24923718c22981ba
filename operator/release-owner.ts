import type { Cluster } from './kubernetes/client.ts'
import { KINDS } from './kubernetes/kinds.ts'
import { refTo } from './kubernetes/object.ts'
import type { KubeObject } from './kubernetes/object.ts'
import { ownerReferenceFor } from './kubernetes/ownership.ts'
import type { Settings } from './settings.ts'

/** Some of what the operator makes must outlive the MailPlatform: keys that nobody can make again, and the Lease. It belongs to
 * the operator's ServiceAccount, which helm made, so that it goes when the release is uninstalled. Undefined outside a release. */
export async function findReleaseOwner(
  cluster: Cluster,
  { namespace, serviceAccount, lease }: Settings,
): Promise<KubeObject | undefined> {
  if (serviceAccount === undefined) return undefined
  const owner = await cluster.get(refTo(KINDS.ServiceAccount, namespace, serviceAccount))
  if (owner === undefined) return undefined
  const ref = refTo(KINDS.Lease, namespace, lease)
  const held = await cluster.get(ref)
  const wanted = held === undefined ? undefined : ownerReferenceFor(held, owner)
  if (wanted !== undefined && held?.metadata?.ownerReferences?.some(({ uid }) => uid === wanted.uid) !== true)
    await cluster.merge(ref, { metadata: { ownerReferences: [wanted] } })
  return owner
}
