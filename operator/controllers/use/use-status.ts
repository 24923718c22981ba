import { credentialAccount, domainAccount } from '@postrider/limits/accounts'
import { withLowerDomain } from '@postrider/mail/address'
import type { DomainStatus } from '@postrider/resources/status'
import type { StoredResource } from '../../stored-resource.ts'

/** Status fields: messages of the last 24 hours. */
type UseStatus = Pick<DomainStatus, 'sentToday' | 'dailyLimit' | 'use'>
/** What may have a limit. */
export type Limited = StoredResource<'Domain'> | StoredResource<'SMTPCredential'>

/** The account under which a Domain or credential is counted, and the name of its limit; undefined without a limit. Pure. */
export function countedAs(object: Limited): { account: string; limit: string } | undefined {
  const limit = object.spec.limitRef?.name
  if (limit === undefined) return undefined
  if (object.kind === 'Domain') return { limit, account: domainAccount(object.spec.domainName ?? '') }
  return { limit, account: credentialAccount(withLowerDomain(object.spec.address ?? '')) }
}

/** `limit` is undefined if messages per day are not limited. Pure. */
export const useStatus = (sent: number, limit: number | undefined): UseStatus =>
  limit === undefined
    ? { sentToday: sent, use: String(sent) }
    : { sentToday: sent, use: `${sent} / ${limit}`, dailyLimit: limit }

/** These fields are written in use.ts; every other writer of the status must pass them on unchanged. */
export function keptUse({ status: { sentToday, dailyLimit, use } }: { status: UseStatus }): UseStatus {
  return {
    ...(sentToday === undefined ? {} : { sentToday }),
    ...(dailyLimit === undefined ? {} : { dailyLimit }),
    ...(use === undefined ? {} : { use }),
  }
}
