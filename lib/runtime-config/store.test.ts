import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Kvm } from '@nats-io/kv'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { ensureStreams } from '@postrider/broker/streams'
import { startBroker } from '../../test/support/broker.ts'
import type { TestBroker } from '../../test/support/broker.ts'
import { eventually } from '../../test/support/eventually.ts'
import { noTrouble } from '../../test/support/trouble.ts'
import { watchConfig } from './store.ts'

let server: TestBroker
let broker: Broker

before(async () => {
  server = await startBroker()
  broker = await openBroker('test', { servers: [server.url], user: 'test', password: 'test' })
  await ensureStreams(broker.nc, broker.jsm, { shards: 1, replicas: 1, contentBackstopMs: 3.6e6, eventsMs: 3.6e6 })
})
after(async () => {
  await broker.close()
  await server.stop()
})

const platform = {
  hostName: 'mail.sender.test',
  retry: { firstMs: 1, capMs: 2, jitter: 0, lifetimeMs: 3 },
  notices: { delayedAfterMs: 1, fullMessageBytes: 1, from: 'a@b' },
  placeholderMs: 1,
  resolvers: [],
  messageBytes: 1,
  smtpPort: 25,
  timeouts: { connectMs: 1 },
}

test('a start waits, and reports it once, until the essential entries can be read; an entry that becomes bad later keeps its last value', async () => {
  const kv = await new Kvm(broker.js).open('config')
  await kv.put('platform', JSON.stringify(platform))
  await kv.put('policies', 'garbage')
  await kv.put('pools', JSON.stringify([]))
  const waits: string[][] = []
  let bad = 0
  let isStarted = false
  const report = {
    bad: () => undefined,
    badEntries: (count: number) => (bad = count),
    waiting: (keys: string[]) => void waits.push(keys),
    failed: (error: unknown) => assert.fail(String(error)),
    following: noTrouble,
  }
  const started = watchConfig(broker, report).finally(() => (isStarted = true))
  await eventually(() => assert.equal(waits.length, 1))
  await kv.put('policies', JSON.stringify([{ name: 'half' }]))
  await kv.put('pools', JSON.stringify([{ name: 'p', addresses: [] }]))
  const policy = { name: 'secure', domains: ['*'], mx: [], connections: 1, messagesPerConnection: 1, tls: 'required' }
  assert.equal(isStarted, false)
  await kv.put('policies', JSON.stringify([policy]))
  const live = await started
  const { current } = live
  assert.deepEqual(current.policies, [policy])
  assert.deepEqual([...current.pools.keys()], ['p'])
  assert.deepEqual(waits, [['policies']])
  await kv.put('policies', 'garbage')
  await eventually(() => assert.equal(bad, 1))
  assert.deepEqual(live.current.policies, [policy])
  live.stop()
})
