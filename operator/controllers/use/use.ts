import { Kvm } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { forget, messagesOf } from '@postrider/limits/use'
import type { Use } from '@postrider/limits/use'
import { sumOf } from '@postrider/limits/window'
import { USE_BUCKET } from '@postrider/broker/names'
import { useKey } from '@postrider/limits/accounts'
import { findingsOn, stops } from '../configuration/gather.ts'
import { refOf } from '@postrider/kubernetes/object/kinds'
import { keyFor } from '@postrider/kubernetes/object/object'
import type { Context } from '../context.ts'
import { countedAs, keptUse, useStatus } from './use-status.ts'

/** Writes the messages of the last 24 hours into the status of Domains and credentials with a limit (others are not counted), if there
 * is a counter. */
export async function writeUse(
  { world, status, findings }: Pick<Context, 'world' | 'status' | 'findings'>,
  broker: Broker,
  at = Date.now(),
): Promise<number> {
  const complaints = findings()
  if (complaints === undefined) return 0
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const sentBy = async (account: string): Promise<number | undefined> => {
    const entry = await kv.get(useKey(account))
    if (entry === null || entry.operation !== 'PUT') return undefined
    return sumOf(messagesOf(forget(entry.json<Use>(), at)))
  }
  let written = 0
  for (const object of [...world.domains.list(), ...world.credentials.list()]) {
    const counted = countedAs(object)
    if (counted === undefined) continue
    // A Domain that only claims a name must not see what its owner sends.
    if (findingsOn(complaints, refOf(object)).some(stops)) continue
    const limit = world.limits.get(keyFor(object.metadata?.namespace, counted.limit))?.spec.messagesPerDay
    const sent = await sentBy(counted.account)
    if (sent === undefined) continue
    const now = useStatus(sent, limit)
    if (keptUse(object).use === now.use) continue
    if (await status.amend(object, now)) written++
  }
  return written
}
