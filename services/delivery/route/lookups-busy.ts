import type { Busy } from './route.ts'

/** Bounds of the random delay. It is random so that jobs that were postponed together do not return together. */
const MIN_LATER_MS = 1000
const MAX_LATER_MS = 4000

/** When a job may try its lookups again. */
export const lookUpLater = (random: () => number = Math.random): Busy => ({
  later: Math.round(MIN_LATER_MS + random() * (MAX_LATER_MS - MIN_LATER_MS)),
  ours: true,
})

/** No host of the route could be looked up, because too many lookups are in progress. The job is given back unattempted. */
export class LookupsBusyError extends Error {
  override readonly name = 'LookupsBusyError'
  constructor() {
    super('too many DNS lookups are in progress')
  }
}
