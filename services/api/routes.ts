import type { Route } from './router.ts'
import { autoconfig } from './setup/autoconfig.ts'
import { autodiscover, autodiscoverRedirect, autodiscoverV2 } from './setup/autodiscover.ts'
import { mobileconfig } from './setup/mobileconfig.ts'

/** Clients write the same path in several ways. */
const AUTODISCOVER = [
  '/autodiscover/autodiscover.xml',
  '/Autodiscover/Autodiscover.xml',
  '/AutoDiscover/AutoDiscover.xml',
]
const AUTOCONFIG = ['/.well-known/autoconfig/mail/config-v1.1.xml', '/mail/config-v1.1.xml']

/** All that can be asked for. */
export const ROUTES: Route[] = [
  // Thunderbird asks without TLS as well: few domains have a certificate for autoconfig.<domain>.
  ...AUTOCONFIG.map((path): Route => ({ method: 'GET', path, reach: 'Anywhere', handle: autoconfig })),
  ...AUTODISCOVER.flatMap((path): Route[] => [
    { method: 'POST', path, reach: 'HTTPS', handle: autodiscover },
    { method: 'GET', path, reach: 'Anywhere', handle: autodiscoverRedirect },
  ]),
  { method: 'GET', path: '/autodiscover/autodiscover.json', reach: 'HTTPS', handle: autodiscoverV2 },
  { method: 'GET', path: '/apple/mail.mobileconfig', reach: 'HTTPS', handle: mobileconfig },
]
