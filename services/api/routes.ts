import type { Route } from './router.ts'
import { autoconfig } from './setup/autoconfig.ts'
import { autodiscover, autodiscoverRedirect, autodiscoverV2 } from './setup/autodiscover.ts'
import { mobileconfig } from './setup/mobileconfig.ts'

const AUTODISCOVER = '/autodiscover/autodiscover.xml'
const AUTODISCOVER_V2 = ['/autodiscover/autodiscover.json', '/autodiscover/autodiscover.json/*']
const AUTOCONFIG = ['/.well-known/autoconfig/mail/config-v1.1.xml', '/mail/config-v1.1.xml']

/** The routes that need no broker. */
export const ROUTES: Route[] = [
  // Thunderbird also asks without TLS, because few domains have a certificate for autoconfig.<domain>.
  ...AUTOCONFIG.map((path): Route => ({ method: 'GET', path, reach: 'Anywhere', handle: autoconfig })),
  { method: 'POST', path: AUTODISCOVER, reach: 'HTTPS', handle: autodiscover },
  { method: 'GET', path: AUTODISCOVER, reach: 'Anywhere', handle: autodiscoverRedirect },
  ...AUTODISCOVER_V2.map((path): Route => ({ method: 'GET', path, reach: 'HTTPS', handle: autodiscoverV2 })),
  { method: 'GET', path: '/apple/mail.mobileconfig', reach: 'HTTPS', handle: mobileconfig },
]
