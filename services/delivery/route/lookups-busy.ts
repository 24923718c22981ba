import type { Busy } from './route.ts'

/** Spread, so that those that were turned away together do not come back together. */
const MIN_LATER_MS = 1000
const MAX_LATER_MS = 4000

export const lookUpLater = (random: () => number = Math.random): Busy => ({
  later: Math.round(MIN_LATER_MS + random() * (MAX_LATER_MS - MIN_LATER_MS)),
  ours: true,
})

/** No host of the message could be looked up, since too many lookups are in progress. The job goes back unattempted. */
export class LookupsBusyError extends Error {
  override readonly name = 'LookupsBusyError'
  constructor() {
    super('too many DNS lookups are in progress')
  }
}
