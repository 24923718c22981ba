import { DAY_MS } from '@postrider/time/day'
import { DKIM_LABEL, domainOfKey } from '../../dkim/secrets.ts'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import type { Context } from '../context.ts'

const ORPHANED = 'postrider.dev/orphaned-at'
/** If a Domain is deleted by mistake and recreated within this time, it keeps the DKIM keys already published in DNS. Milliseconds. */
const KEPT_MS = 7 * DAY_MS

/** Deletes the DKIM keys of Domains that were deleted a week ago: ownerReferences do not cross namespaces. The stores must be synced. */
export async function collectOrphans({ cluster, world, namespace }: Context, now = Date.now()): Promise<void> {
  for (const { metadata } of world.secrets.list(namespace)) {
    if (metadata?.labels?.[DKIM_LABEL] === undefined || metadata.name === undefined) continue
    const domain = domainOfKey({ metadata })
    const there = domain !== undefined && world.domains.get(domain) !== undefined
    const orphanedAt = metadata.annotations?.[ORPHANED]
    const ref = refTo(KINDS.Secret, namespace, metadata.name)
    const mark = (at: string | null) => cluster.merge(ref, { metadata: { annotations: { [ORPHANED]: at } } })
    if (there) {
      if (orphanedAt !== undefined) await mark(null)
    } else if (orphanedAt === undefined) await mark(new Date(now).toISOString())
    else if (now - Date.parse(orphanedAt) > KEPT_MS) await cluster.remove(ref)
  }
}
