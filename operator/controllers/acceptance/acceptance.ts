import { refFrom } from '@postrider/kubernetes/object/kinds'
import { keyFor } from '@postrider/kubernetes/object/object'
import { findingsOn } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import type { Store } from '@postrider/kubernetes/cache/watch'
import type { Context } from '../context.ts'
import type { World } from '../world.ts'
import { acceptance, acceptanceNews, isAcceptedKind } from './acceptance-conditions.ts'
import type { AcceptedKind } from './acceptance-conditions.ts'

const STORES: Record<AcceptedKind, (world: World) => Store<StoredResource>> = {
  SMTPLimit: ({ limits }) => limits,
  DeliveryPool: ({ pools }) => pools,
  DestinationPolicy: ({ policies }) => policies,
}

/** Writes into the status of a limit, pool or policy whether it is applied, and why not. Its key is the result of `describeRef`. Does
 * nothing before the first configuration, which has the findings. */
export function acceptanceController({ status, world, findings }: Pick<Context, 'status' | 'world' | 'findings'>) {
  return async (object: string): Promise<{ againMs?: number | undefined }> => {
    const ref = refFrom(object)
    const { kind } = ref
    const complaints = findings()
    if (!isAcceptedKind(kind) || complaints === undefined) return {}
    const stored = STORES[kind](world).get(keyFor(ref.namespace, ref.name))
    if (stored === undefined) return {}
    const found = acceptance(kind, findingsOn(complaints, ref))
    await status.report(stored, { findings: [found], newsOf: acceptanceNews })
    return {}
  }
}
