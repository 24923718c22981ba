import assert from 'node:assert/strict'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { decodeConfig } from '@postrider/runtime-config/encode'
import { readEntries } from '@postrider/runtime-config/store'
import { SYSTEM } from './operator.ts'
import type { OperatorWorld } from './operator.ts'

/** The broker of a world, with all rights; the caller closes it. */
export async function openAsAdmin(world: OperatorWorld): Promise<Broker> {
  const accounts = await world.secret(SYSTEM, 'postrider-broker-accounts')
  return openBroker('test', { servers: [world.broker.url], user: 'admin', password: accounts?.['admin'] ?? '' })
}

/** What is published to the services; fails while that is nothing. */
export async function publishedConfig(world: OperatorWorld): Promise<RuntimeConfig> {
  const broker = await openAsAdmin(world)
  try {
    const config = decodeConfig(await readEntries(broker))
    assert.ok(config !== undefined, 'nothing is published yet')
    return config
  } finally {
    await broker.close()
  }
}
