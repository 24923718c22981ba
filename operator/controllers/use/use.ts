import { Kvm } from '@nats-io/kv'
import type { Broker } from '@postrider/broker/connection'
import { forget, messagesOf } from '@postrider/limits/use'
import type { Use } from '@postrider/limits/use'
import { sumOf } from '@postrider/limits/window'
import { withLowerDomain } from '@postrider/mail/address'
import { USE_BUCKET } from '@postrider/broker/names'
import { credentialAccount, domainAccount, useKey } from '@postrider/limits/accounts'
import type { Kind } from '@postrider/resources/kinds'
import { findingKey, stops } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { keyOf } from '@postrider/kubernetes/object/object'
import type { Context } from '../context.ts'
import { keptUse, useStatus } from './use-status.ts'

/** Writes what was sent lately into the status of Domains and credentials that have a limit (others are not counted).
 * Where nothing was sent nothing is written. */
export async function writeUse(
  { world, status, findings }: Pick<Context, 'world' | 'status' | 'findings'>,
  broker: Broker,
  now = Date.now(),
): Promise<number> {
  const complaints = findings()
  if (complaints === undefined) return 0
  const kv = await new Kvm(broker.js).open(USE_BUCKET)
  const sentBy = async (account: string): Promise<number | undefined> => {
    const entry = await kv.get(useKey(account))
    if (entry === null || entry.operation !== 'PUT') return undefined
    return sumOf(messagesOf(forget(entry.json<Use>(), now)))
  }
  let written = 0
  for (const { kind, object, account } of accounts(world.domains.list(), world.credentials.list())) {
    // A Domain that only claims a name does not see what its owner sends.
    if (complaints.get(findingKey(kind, keyOf(object)))?.some(stops) === true) continue
    const limit = dailyLimit(world.limits.get(`${object.metadata?.namespace ?? ''}/${limitName(object)}`))
    const sent = await sentBy(account)
    if (sent === undefined) continue
    const counted = useStatus(sent, limit)
    if (keptUse(object).use === counted.use) continue
    if (await status.amend(object, counted)) written++
  }
  return written
}

function accounts(
  domains: StoredResource[],
  credentials: StoredResource[],
): { kind: Kind; object: StoredResource; account: string }[] {
  const spec = ({ spec }: StoredResource) => spec as { domainName?: string; address?: string }
  return [
    ...domains.map((object) => ({
      kind: 'Domain' as const,
      object,
      account: domainAccount(spec(object).domainName ?? ''),
    })),
    ...credentials.map((object) => ({
      kind: 'SMTPCredential' as const,
      object,
      account: credentialAccount(withLowerDomain(spec(object).address ?? '')),
    })),
  ].filter(({ object }) => limitName(object) !== '')
}

const limitName = ({ spec }: StoredResource): string =>
  (spec as { limitRef?: { name?: string } } | undefined)?.limitRef?.name ?? ''

const dailyLimit = (limit: StoredResource | undefined): number | undefined =>
  (limit?.spec as { messagesPerDay?: number } | undefined)?.messagesPerDay
