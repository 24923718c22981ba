import type { Cluster } from '@postrider/kubernetes/transport/client'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { ownerReferenceFor } from '@postrider/kubernetes/apply/ownership'
import type { Settings } from './settings.ts'

/** The owner of what must outlive the MailPlatform: keys that cannot be made again, and the Lease. It is the operator's ServiceAccount,
 * which Helm created, so that they are deleted when the release is uninstalled. Undefined outside a release. */
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
