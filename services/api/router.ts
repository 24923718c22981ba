import type { Context } from './context.ts'
import { ProblemError } from './problem.ts'
import type { ApiRequest } from './request.ts'
import type { ApiResponse } from './response.ts'

export type Handler = (request: ApiRequest, context: Context) => Promise<ApiResponse> | ApiResponse

/** One thing that can be asked for. */
export interface Route {
  /** HEAD is answered as GET, without the body. */
  method: 'GET' | 'POST'
  /** Whole path in lower case; no two routes have the same one and method. With `/*` at its end it stands for all that is below. */
  path: string
  /** Anywhere: also without TLS, for what anybody may read and no login is asked for. */
  reach: 'HTTPS' | 'Anywhere'
  handle: Handler
}

export type Find = (request: Pick<ApiRequest, 'method' | 'path' | 'secure'>) => Route

/** Mail clients spell the paths of other programs in many ways: capitals, doubled slashes and one at the end make no difference. */
const plainPath = (path: string): string =>
  path
    .toLowerCase()
    .replace(/\/{2,}/g, '/')
    .replace(/(?<=.)\/$/, '')

/** Finds the route of a request; what it returns throws a Problem: 404, 405, or 403 for what is kept to TLS. */
export function createRouter(routes: Route[]): Find {
  const byPath = Map.groupBy(routes, ({ path }) => path)
  const below = routes.filter(({ path }) => path.endsWith('/*'))
  return ({ method, path: given, secure }) => {
    const path = plainPath(given)
    const there = byPath.get(path) ?? below.filter((route) => path.startsWith(route.path.slice(0, -1)))
    if (there.length === 0) throw new ProblemError(404, 'there is nothing at this path')
    const route = there.find((one) => one.method === (method === 'HEAD' ? 'GET' : method))
    if (route === undefined) {
      const allow = there.map((one) => (one.method === 'GET' ? 'GET, HEAD' : one.method)).join(', ')
      throw new ProblemError(405, `the methods allowed on this path are ${allow}`, { allow })
    }
    if (route.reach === 'HTTPS' && !secure)
      throw new ProblemError(403, 'use https for this path, because it takes a password')
    return route
  }
}
