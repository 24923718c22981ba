import type { Behaviour } from '../behaviour.ts'
import { CROSS_DOMAIN } from './cross-domain.ts'
import { DNS } from './dns.ts'
import { LIMITS } from './limits.ts'
import { REPLIES } from './replies.ts'
import { ROUTES } from './routes.ts'
import { DROPS, PRIMARIES_IN_TROUBLE } from './stages.ts'
import { TLS } from './tls.ts'

/** Every behaviour, by the heading under which it is shown. */
export const SECTIONS: [title: string, behaviours: Behaviour[]][] = [
  ['Replies', REPLIES],
  ['Limits and floods', LIMITS],
  ['Dropped connections', DROPS],
  ['Failing primary MX hosts', PRIMARIES_IN_TROUBLE],
  ['TLS', TLS],
  ['Routes', ROUTES],
  ['DNS', DNS],
  ['Domains that share a mail host', CROSS_DOMAIN],
]

export const BEHAVIOURS: Behaviour[] = SECTIONS.flatMap(([, behaviours]) => behaviours)
