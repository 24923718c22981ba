import type { Route } from '../route/route.ts'
import type { Wish } from './schedule.ts'
import { SITE_TIMES, Site } from './site.ts'
import type { Place, SiteTimes } from './site.ts'
import { Spread } from './spread.ts'

/** All sites that have something to do. Each keeps to itself: one that hangs takes nothing from another but its own slots. */
export interface Sites {
  /** A slot at the route's site, at once or soon; or when to come back. */
  reserve(route: Route, wish?: Omit<Wish, 'limit'>): Promise<Place>
  readonly connections: number
  close(): void
}

/** Sites that are remembered. Those in use are bounded by the jobs in hand. */
const MAX_SITES = 20_000
/** The oldest sites that are looked at for each new one, to find some that can be forgotten. */
const MAX_LOOKED_AT = 10
/** Jobs of all sites that rest come back no faster than one in so many milliseconds. */
const RETURN_STEP_MS = 2.5

/** `times` is asked for each new site. */
export function createSites(
  times: () => SiteTimes = () => SITE_TIMES,
  now: () => number = () => performance.now(),
): Sites {
  const sites = new Map<string, Site>()
  const returns = new Spread(RETURN_STEP_MS)

  /** Those in use go to the end of the line, so that each is looked at in its turn. */
  function forgetSome(): void {
    let looked = 0
    for (const [key, site] of sites) {
      if (sites.size < MAX_SITES || looked++ === MAX_LOOKED_AT) return
      sites.delete(key)
      if (!site.unused) sites.set(key, site)
    }
  }

  return {
    reserve(route, wish) {
      let site = sites.get(route.site)
      if (site === undefined) {
        forgetSome()
        sites.set(route.site, (site = new Site(times(), returns, now)))
      }
      return site.reserve(route, wish)
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
