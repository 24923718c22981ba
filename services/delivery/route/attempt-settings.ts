import { hash } from 'node:crypto'
import type { BlockList } from 'node:net'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { identity } from './sender.ts'
import type { Identity } from './sender.ts'
import { networkList } from './special-addresses.ts'

/** Settings of every attempt that are derived from the configuration. */
export interface AttemptSettings {
  own: Identity
  /** `spec.delivery.internalNetworks`. */
  internal: BlockList
  /** Fingerprint of the settings of a connection. A connection that was opened under other settings is not reused. */
  connectionSettings: string
}

const derived = new WeakMap<RuntimeConfig, AttemptSettings>()

/** Derives the settings once for each configuration object; every change of the configuration makes a new object. */
export function attemptSettings(config: RuntimeConfig): AttemptSettings {
  const existing = derived.get(config)
  if (existing !== undefined) return existing
  const { hostName, internalNetworks = [] } = config.platform
  const made = {
    own: identity(hostName, config.pools),
    internal: networkList(internalNetworks),
    connectionSettings: connectionSettings(config.platform),
  }
  derived.set(config, made)
  return made
}

/** A hash of the values, so that a new configuration with the same values keeps its connections. */
export const connectionSettings = ({
  timeouts,
  resolvers,
  internalNetworks = [],
}: Pick<RuntimeConfig['platform'], 'timeouts' | 'resolvers' | 'internalNetworks'>): string =>
  hash('sha256', JSON.stringify([Object.entries(timeouts).sort(), resolvers, internalNetworks]), 'base64url')
