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

/** Encodes the configuration as entries of a bucket: one per domain and one per credential, so that a change of one is a small write. */
export function encodeConfig(config: RuntimeConfig): Map<string, string> {
  const entries = new Map<string, string>()
  // Entries that others refer to come first.
  entries.set('platform', JSON.stringify(config.platform))
  entries.set('pools', JSON.stringify([...config.pools.values()]))
  entries.set('policies', JSON.stringify(config.policies))
  for (const [name, domain] of config.domains) entries.set(keyed('domain', name), JSON.stringify(domain))
  for (const [address, credential] of config.credentials)
    entries.set(keyed('credential', address), JSON.stringify(credential))
  return entries
}

/** Adds what an operator of an earlier release omits from the platform's entry. It writes the entry during an upgrade until the new
 * operator leads, and again after a rollback, while services of this release still run. A field that becomes required must be added
 * here. */
const complete = (entry: Partial<PlatformConfig>): PlatformConfig =>
  ({
    longestHoldMs: 0,
    ...entry,
    protection: { ...DEFAULT_PROTECTION, ...entry.protection },
  }) as PlatformConfig

/** Decodes the configuration; undefined if the platform's own entry is missing. Entries that cannot be read are ignored. */
export function decodeConfig(entries: ReadonlyMap<string, string>): RuntimeConfig | undefined {
  const live = new LastGood()
  for (const [key, text] of entries) live.put(key, text)
  return configOf(live.values, live.unreadable)
}

/** Like decodeConfig, for decoded entries; `unreadable` are the keys of entries that could not be read. */
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
