import { findingKey } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { setCondition } from '@postrider/kubernetes/status/conditions'
import type { Condition, Finding } from '@postrider/kubernetes/status/conditions'
import { writeStatus } from '@postrider/kubernetes/status/status'
import type { Store } from '@postrider/kubernetes/cache/watch'
import type { Context } from '../context.ts'
import type { World } from '../world.ts'

/** Kinds whose status is nothing but whether they count. */
export const ACCEPTED_KINDS = ['SMTPLimit', 'DeliveryPool', 'DestinationPolicy'] as const
type AcceptedKind = (typeof ACCEPTED_KINDS)[number]

const ACCEPTED = 'Accepted'

const STORES: Record<AcceptedKind, (world: World) => Store<StoredResource>> = {
  SMTPLimit: ({ limits }) => limits,
  DeliveryPool: ({ pools }) => pools,
  DestinationPolicy: ({ policies }) => policies,
}

export const isAcceptedKind = (kind: string): kind is AcceptedKind =>
  (ACCEPTED_KINDS as readonly string[]).includes(kind)

/** Tells in the status of a limit, pool or policy whether it counts, and why not; by `Kind namespace/name`. What it says comes from the
 * configuration, so there is nothing to say before there has been one. */
export function acceptanceController({ cluster, recorder, world, findings }: Context) {
  async function write(stored: StoredResource, finding: Finding): Promise<void> {
    const before = (stored.status?.conditions ?? []) as Condition[]
    const observedGeneration = stored.metadata?.generation ?? 0
    const conditions = setCondition(before, { ...finding, observedGeneration }, new Date())
    const wrote = await writeStatus(cluster, stored, { conditions, observedGeneration })
    const news = finding.reason !== before.find(({ type }) => type === finding.type)?.reason
    if (wrote && news && finding.reason !== ACCEPTED)
      recorder.record(stored, 'Warning', finding.reason, finding.message)
  }

  return async (object: string): Promise<{ againMs?: number | undefined }> => {
    const [kind = '', key = ''] = object.split(' ')
    const complaints = findings()
    if (!isAcceptedKind(kind) || complaints === undefined) return {}
    const stored = STORES[kind](world).get(key)
    if (stored !== undefined) await write(stored, acceptance(kind, complaints.get(findingKey(kind, key)) ?? []))
    return {}
  }
}

/** Overlapping policies count, each for what is left to it. */
export function acceptance(kind: AcceptedKind, complaints: Complaint[]): Finding {
  const [worst] = [...complaints].sort((a, b) => weight(b) - weight(a))
  if (worst === undefined)
    return { type: 'Accepted', status: 'True', reason: ACCEPTED, message: `the platform applies this ${kind}` }
  const message = complaints.map((complaint) => complaint.message).join('; ')
  return { type: 'Accepted', status: weight(worst) === 0 ? 'True' : 'False', reason: worst.reason, message }
}

const weight = ({ reason }: Complaint): number => (reason === 'Overlapping' ? 0 : 1)
