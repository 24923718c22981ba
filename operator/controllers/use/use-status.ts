import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import { withLowerDomain } from '@postrider/mail/address'
import type { DomainStatus } from '@postrider/resources/status'
import type { StoredResource } from '../../stored-resource.ts'

/** What a status tells of messages sent lately. */
type UseStatus = Pick<DomainStatus, 'sentToday' | 'dailyLimit' | 'use'>
/** What may have a limit. */
export type Limited = StoredResource<'Domain'> | StoredResource<'SMTPCredential'>

/** The account that a Domain or credential is counted by, and the name of its limit; undefined for one without a limit. Pure. */
export function countedAs(object: Limited): { account: string; limit: string } | undefined {
  const limit = object.spec.limitRef?.name
  if (limit === undefined) return undefined
  if (object.kind === 'Domain') return { limit, account: domainAccount(object.spec.domainName ?? '') }
  return { limit, account: credentialAccount(withLowerDomain(object.spec.address ?? '')) }
}

/** Pure. `limit` is undefined where messages a day are not limited. */
export const useStatus = (sent: number, limit: number | undefined): UseStatus =>
  limit === undefined
    ? { sentToday: sent, use: String(sent) }
    : { sentToday: sent, use: `${sent} / ${limit}`, dailyLimit: limit }

/** What was sent lately is counted and written elsewhere (use.ts); whoever writes the rest of a status leaves it as it is. */
export function keptUse({ status: { sentToday, dailyLimit, use } }: { status: UseStatus }): UseStatus {
  return {
    ...(sentToday === undefined ? {} : { sentToday }),
    ...(dailyLimit === undefined ? {} : { dailyLimit }),
    ...(use === undefined ? {} : { use }),
  }
}
