import type { Context } from './context.ts'
import { ProblemError } from './problem.ts'
import type { ApiRequest } from './request.ts'
import type { ApiResponse } from './response.ts'

export type Handler = (request: ApiRequest, context: Context) => Promise<ApiResponse> | ApiResponse

/** A path and method with its handler. */
export interface Route {
  /** HEAD is answered as GET, without the body. */
  method: 'GET' | 'POST'
  /** Complete path in lower case; unique with the method. A path that ends with `/*` matches every path below it. */
  path: string
  /** `Anywhere`: also without TLS, for public content that needs no login. */
  reach: 'HTTPS' | 'Anywhere'
  handle: Handler
}

/** Finds the route of a request. Throws a ProblemError: 404 for an unknown path, 405 for another method, 403 without TLS where it is
 * needed. */
export type Find = (request: Pick<ApiRequest, 'method' | 'path' | 'secure'>) => Route

/** The canonical form of a path. Mail clients vary the spelling: capitals, double slashes and a trailing slash make no difference. */
const plainPath = (path: string): string =>
  path
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')

/** Creates the lookup of these routes. */
export function createRouter(routes: Route[]): Find {
  const byPath = Map.groupBy(routes, ({ path }) => path)
  const below = routes.filter(({ path }) => path.endsWith('/*'))
  return ({ method, path: given, secure }) => {
    const path = plainPath(given)
    const candidates = byPath.get(path) ?? below.filter((route) => path.startsWith(route.path.slice(0, -1)))
    if (candidates.length === 0) throw new ProblemError(404, 'there is nothing at this path')
    const route = candidates.find((one) => one.method === (method === 'HEAD' ? 'GET' : method))
    if (route === undefined) {
      const allow = candidates.map((one) => (one.method === 'GET' ? 'GET, HEAD' : one.method)).join(', ')
      throw new ProblemError(405, `the methods allowed on this path are ${allow}`, { allow })
    }
    if (route.reach === 'HTTPS' && !secure)
      throw new ProblemError(403, 'use https for this path, because it takes a password')
    return route
  }
}
