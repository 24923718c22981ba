import { hash } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { identity } from './sender.ts'
import type { Identity } from './sender.ts'
import { networkList } from './special-addresses.ts'

/** What follows from a configuration for every attempt. */
export interface AttemptSettings {
  own: Identity
  /** spec.delivery.internalNetworks. */
  internal: BlockList
  /** Connections that were opened under other settings than these are not used on. */
  connectionSettings: string
}

const known = new WeakMap<RuntimeConfig, AttemptSettings>()

/** Worked out once for each configuration, of which there is a new object after each change. */
export function attemptSettings(config: RuntimeConfig): AttemptSettings {
  const present = known.get(config)
  if (present !== undefined) return present
  const { hostName, internalNetworks = [] } = config.platform
  const made = {
    own: identity(hostName, config.pools),
    internal: networkList(internalNetworks),
    connectionSettings: connectionSettings(config.platform),
  }
  known.set(config, made)
  return made
}

/** By value: an unchanged configuration keeps its connections. */
export const connectionSettings = ({
  timeouts,
  resolvers,
  internalNetworks = [],
}: Pick<RuntimeConfig['platform'], 'timeouts' | 'resolvers' | 'internalNetworks'>): string =>
  hash('sha256', JSON.stringify([Object.entries(timeouts).sort(), resolvers, internalNetworks]), 'base64url')
