import type { StoredResource } from '../../stored-resource.ts'

/** What was sent lately is counted and written elsewhere (use.ts); whoever writes the rest of a status leaves it as it is. */
export function keptUse({ status }: StoredResource): object {
  const { sentToday, dailyLimit, use } = (status ?? {}) as Record<string, unknown>
  return Object.fromEntries(Object.entries({ sentToday, dailyLimit, use }).filter(([, value]) => value !== undefined))
}
