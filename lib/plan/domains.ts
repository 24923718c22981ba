import type { DkimConfig, DomainConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import { incomingOf } from './incoming.ts'
import { limitOf } from './limits.ts'
import type { Inventory } from './inventory.ts'
import type { Observed, Wanted } from './observed.ts'

const ALGORITHMS = {
  RSA2048: { algorithm: 'rsa-sha256', suffix: 'rsa' },
  Ed25519: { algorithm: 'ed25519-sha256', suffix: 'ed25519' },
} as const

export function planDomains(
  inventory: Inventory,
  observed: Observed,
  platform: Resource<'MailPlatform'>,
  wanted: Wanted[],
): Map<string, DomainConfig> {
  const domains = new Map<string, DomainConfig>()
  const owners = new Map<string, Resource<'Domain'>>()
  for (const domain of inventory.all('Domain')) {
    const { spec } = domain
    const owner = owners.get(spec.domainName)
    if (owner !== undefined) {
      inventory.report(
        domain,
        'spec.domainName',
        `is ${spec.domainName}, which ${owner.namespace}/${owner.name} (${owner.origin}) already uses`,
      )
      continue
    }
    owners.set(spec.domainName, domain)
    domains.set(spec.domainName, {
      name: spec.domainName,
      suspended: spec.state === 'Suspended',
      dkim: planDkim(domain, observed, wanted),
      allowedSenders: spec.allowedSenders,
      ...limitOf(domain, inventory, platform),
      ...(spec.resume === undefined ? {} : { resume: spec.resume }),
      retentionMs: durationMs(spec.retention),
      notifyDelivered: spec.notices.delivered === 'Always',
      ...incomingOf(spec),
    })
  }
  return domains
}

function planDkim({ spec }: Resource<'Domain'>, { dkimKeys, signing }: Observed, wanted: Wanted[]): DkimConfig[] {
  const chosen = signing?.get(spec.domainName)
  if (chosen !== undefined) return chosen
  const keys: DkimConfig[] = []
  for (const name of new Set(spec.dkim.algorithms)) {
    const { algorithm, suffix } = ALGORITHMS[name]
    const selector = `${spec.dkim.selectorPrefix}-${suffix}`
    const sealedKey = dkimKeys.get(`${spec.domainName}/${selector}`)
    if (sealedKey === undefined) wanted.push({ thing: 'dkim-key', domain: spec.domainName, selector, algorithm })
    else keys.push({ selector, algorithm, sealedKey })
  }
  return keys
}
