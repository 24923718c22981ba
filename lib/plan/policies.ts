import type { PolicyConfig, PoolConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'
import type { Inventory } from './inventory.ts'

const TLS = { Opportunistic: 'opportunistic', Required: 'required', Disabled: 'off' } as const

/** Policies in the order in which they are tried: the most specific first, so that services need no rule of their own. */
export function planPolicies(inventory: Inventory): { policies: PolicyConfig[]; pools: Map<string, PoolConfig> } {
  const policies = inventory
    .all('DestinationPolicy')
    .map((policy) => ({ policy, config: planPolicy(policy, inventory) }))
  policies.sort((a, b) => specificity(b.config) - specificity(a.config) || a.policy.name.localeCompare(b.policy.name))
  const pools = new Map<string, PoolConfig>()
  for (const { name, spec } of inventory.all('DeliveryPool')) {
    pools.set(name, {
      name,
      addresses: spec.addresses,
      ...(spec.ehloName === undefined ? {} : { ehloName: spec.ehloName }),
    })
  }
  return { policies: policies.map(({ config }) => config), pools }
}

function planPolicy(policy: Resource<'DestinationPolicy'>, inventory: Inventory): PolicyConfig {
  const { match, connections, messagesPerConnection, tls, route, poolRef } = policy.spec
  const pool = inventory.find('DeliveryPool', poolRef, policy, 'spec.poolRef')
  return {
    name: policy.name,
    domains: match.domains,
    mx: match.mx,
    connections,
    messagesPerConnection,
    tls: TLS[tls],
    ...(route === undefined ? {} : { route }),
    ...(pool === undefined ? {} : { pool: pool.name }),
  }
}

/** Orders an exact name before `*.name`, a longer one before a shorter one, `*` last; with MX patterns before without. */
function specificity({ domains, mx }: PolicyConfig): number {
  const widest = Math.min(
    ...domains.map((pattern) =>
      pattern === '*' ? 0 : pattern.startsWith('*.') ? pattern.length : 1000 + pattern.length,
    ),
  )
  return widest * 2 + (mx.length > 0 ? 1 : 0)
}
