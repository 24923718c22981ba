import { Kvm } from '@nats-io/kv'
import type { Broker } from '@postrider/queue/broker'
import { USE_BUCKET } from '@postrider/queue/names'
import type { StoredResource } from '../configuration/gather.ts'
import type { Context } from './context.ts'
import { writeStatus } from '../kubernetes/status.ts'

/** Messages that an account sent in the last 24 hours, as the ingress counts them (services/ingress/policy/use.ts). */
interface CountedUse {
  day: [number, number, number][]
}

const DAY_BUCKET_MS = 600_000
const DAY_MS = 86_400_000

/** Writes what was sent lately into the status of Domains and credentials that have a limit (others are not counted).
 * Where nothing was sent nothing is written. */
export async function writeUse({ world, cluster }: Context, broker: Broker, now = Date.now()): Promise<number> {
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const sentBy = async (account: string): Promise<number | undefined> => {
    const entry = await kv.get(Buffer.from(account).toString('base64url'))
    if (entry === null || entry.operation !== 'PUT') return undefined
    const current = entry.json<CountedUse>().day.filter(([bucket]) => (bucket + 1) * DAY_BUCKET_MS + DAY_MS > now)
    return current.reduce((sum, [, messages]) => sum + messages, 0)
  }
  let written = 0
  for (const { object, account } of accounts(world.domains.list(), world.credentials.list())) {
    const limit = dailyLimit(world.limits.get(`${object.metadata?.namespace ?? ''}/${limitName(object)}`))
    const sent = await sentBy(account)
    if (sent === undefined) continue
    const use = limit === undefined ? String(sent) : `${sent} / ${limit}`
    if ((object.status as { use?: string } | undefined)?.use === use) continue
    const status = { ...object.status, sentToday: sent, use, ...(limit === undefined ? {} : { dailyLimit: limit }) }
    if (await writeStatus(cluster, object, status)) written++
  }
  return written
}

function accounts(
  domains: StoredResource[],
  credentials: StoredResource[],
): { object: StoredResource; account: string }[] {
  return [
    ...domains.map((object) => ({ object, account: (object.spec as { domainName?: string }).domainName ?? '' })),
    ...credentials.map((object) => ({ object, account: (object.spec as { address?: string }).address ?? '' })),
  ].filter(({ object, account }) => account !== '' && limitName(object) !== '')
}

const limitName = ({ spec }: StoredResource): string =>
  (spec as { limitRef?: { name?: string } } | undefined)?.limitRef?.name ?? ''

const dailyLimit = (limit: StoredResource | undefined): number | undefined =>
  (limit?.spec as { messagesPerDay?: number } | undefined)?.messagesPerDay
