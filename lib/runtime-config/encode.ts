import { DEFAULT_PROTECTION } from './protection.ts'
import type {
  CredentialConfig,
  DomainConfig,
  PlatformConfig,
  PolicyConfig,
  PoolConfig,
  RuntimeConfig,
} from './config.ts'
import { LastGood } from './last-good.ts'
import { kindOfKey, nameOfKey } from './shapes.ts'

const keyed = (kind: string, name: string): string => `${kind}.${Buffer.from(name).toString('base64url')}`

/** The configuration as KV entries: one a domain and one a credential, so that a change of one is a small write. */
export function encodeConfig(config: RuntimeConfig): Map<string, string> {
  const entries = new Map<string, string>()
  // What others refer to comes before those that refer to it.
  entries.set('platform', JSON.stringify(config.platform))
  entries.set('pools', JSON.stringify([...config.pools.values()]))
  entries.set('policies', JSON.stringify(config.policies))
  for (const [name, domain] of config.domains) entries.set(keyed('domain', name), JSON.stringify(domain))
  for (const [address, credential] of config.credentials)
    entries.set(keyed('credential', address), JSON.stringify(credential))
  return entries
}

/** What an operator of an earlier release leaves out of the platform's entry: it writes it during an upgrade until the new one leads, and
 * again after a rollback, while services of this release still run. A field that becomes required belongs here. */
const complete = (entry: Partial<PlatformConfig>): PlatformConfig =>
  ({
    longestHoldMs: 0,
    ...entry,
    protection: { ...DEFAULT_PROTECTION, ...entry.protection },
  }) as PlatformConfig

/** The configuration of KV entries; undefined while the platform's own entry is missing. An entry that cannot be read is as if it were not
 * there. */
export function decodeConfig(entries: ReadonlyMap<string, string>): RuntimeConfig | undefined {
  const live = new LastGood()
  for (const [key, text] of entries) live.put(key, text)
  return configOf(live.values, live.unreadable)
}

/** The same, of entries that were read; `unreadable` are the keys of those that could not be. */
export function configOf(
  values: ReadonlyMap<string, unknown>,
  unreadable: ReadonlySet<string> = new Set(),
): RuntimeConfig | undefined {
  const all = (kind: string): unknown[] =>
    values
      .entries()
      .filter(([key]) => kindOfKey(key) === kind)
      .map(([, value]) => value)
      .toArray()
  const platform = values.get('platform') as Partial<PlatformConfig> | undefined
  if (platform === undefined) return undefined
  const pools = (values.get('pools') ?? []) as PoolConfig[]
  const domains = all('domain') as DomainConfig[]
  const credentials = all('credential') as CredentialConfig[]
  return {
    platform: complete(platform),
    policies: (values.get('policies') ?? []) as PolicyConfig[],
    pools: new Map(pools.map((pool) => [pool.name, pool])),
    domains: new Map(domains.map((domain) => [domain.name, domain])),
    unreadableDomains: new Set([...unreadable].filter((key) => kindOfKey(key) === 'domain').map(nameOfKey)),
    credentials: new Map(credentials.map((credential) => [credential.address, credential])),
  }
}
