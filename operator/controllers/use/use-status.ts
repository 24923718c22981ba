import type { StoredResource } from '../../stored-resource.ts'

/** What a status tells of messages sent lately. */
export interface UseStatus {
  sentToday: number
  dailyLimit?: number
  /** `12 / 1000`, or `12`. */
  use: string
}

/** Pure. `limit` is undefined where messages a day are not limited. */
export const useStatus = (sent: number, limit: number | undefined): UseStatus =>
  limit === undefined
    ? { sentToday: sent, use: String(sent) }
    : { sentToday: sent, use: `${sent} / ${limit}`, dailyLimit: limit }

/** What was sent lately is counted and written elsewhere (use.ts); whoever writes the rest of a status leaves it as it is. */
export function keptUse({ status }: StoredResource): Partial<UseStatus> {
  const { sentToday, dailyLimit, use } = (status ?? {}) as Partial<UseStatus>
  return {
    ...(sentToday === undefined ? {} : { sentToday }),
    ...(dailyLimit === undefined ? {} : { dailyLimit }),
    ...(use === undefined ? {} : { use }),
  }
}
