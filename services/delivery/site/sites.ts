import type { Route } from '../route/route.ts'
import { SITE_TIMES, Site } from './site.ts'
import type { Place, SiteTimes } from './site.ts'

/** All sites that have something to do. Each keeps to itself: one that hangs takes nothing from another but its own slots. */
export interface Sites {
  /** A slot at the route's site, at once or soon; or when to come back; or why there is no use in it. */
  reserve(route: Route): Promise<Place>
  readonly connections: number
  close(): void
}

const MOST_SITES = 20_000

export function createSites(times: SiteTimes = SITE_TIMES, now: () => number = () => performance.now()): Sites {
  const sites = new Map<string, Site>()
  return {
    reserve(route) {
      let site = sites.get(route.site)
      if (site === undefined) {
        if (sites.size > MOST_SITES) for (const [name, other] of sites) if (other.quiet) sites.delete(name)
        sites.set(route.site, (site = new Site(route.connections, times, now)))
      }
      return site.reserve(route)
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
