import type { Route } from './router.ts'

/** All that can be asked for; a handler a file in handlers/. */
export const ROUTES: Route[] = []
