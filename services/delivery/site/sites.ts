import type { Route } from '../route/route.ts'
import type { SlotRequest } from './schedule.ts'
import { SITE_TIMES, Site } from './site.ts'
import type { SlotOrLater, SiteTimes } from './site.ts'
import { Spread } from './spread.ts'

/** All sites of this process. They are independent: one that hangs uses up its own slots only. */
export interface Sites {
  /** Resolves with a slot at the route's site, or with the delay after which the job should return. See Site.reserve. */
  reserve(route: Route, request?: Omit<SlotRequest, 'limit'>): Promise<SlotOrLater>
  readonly connections: number
  close(): void
}

/** Sites that are remembered. The number of sites in use is bounded by the jobs in flight. */
const MAX_SITES = 20_000
/** For each new site, this many of the oldest are checked for some that can be forgotten. */
const MAX_CHECKED = 10
/** Interval at which jobs of all resting sites return. Milliseconds. */
const RETURN_STEP_MS = 2.5

/** `times` is called for each new site. `now` returns a monotonic time in milliseconds. */
export function createSites(
  times: () => SiteTimes = () => SITE_TIMES,
  now: () => number = () => performance.now(),
): Sites {
  const sites = new Map<string, Site>()
  const returns = new Spread(RETURN_STEP_MS)

  /** Moves sites in use to the end of the map, so that all sites are checked in the course of time. */
  function forgetSome(): void {
    let checked = 0
    for (const [key, site] of sites) {
      if (sites.size < MAX_SITES || checked++ === MAX_CHECKED) return
      sites.delete(key)
      if (!site.unused) sites.set(key, site)
    }
  }

  return {
    reserve(route, request) {
      let site = sites.get(route.site)
      if (site === undefined) {
        forgetSome()
        sites.set(route.site, (site = new Site(times(), returns, now)))
      }
      return site.reserve(route, request)
    },
    get connections() {
      let sum = 0
      for (const site of sites.values()) sum += site.connections
      return sum
    },
    close() {
      for (const site of sites.values()) site.close()
    },
  }
}
