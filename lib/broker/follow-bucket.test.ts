import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Kvm } from '@nats-io/kv'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { startBroker } from '../../test/support/broker.ts'
import type { TestBroker } from '../../test/support/broker.ts'
import { eventually } from '../../test/support/eventually.ts'
import { notedTrouble } from '../../test/support/trouble.ts'
import { followBucket } from './follow-bucket.ts'

let server: TestBroker
let broker: Broker
before(async () => {
  server = await startBroker()
  broker = await openBroker('test', { servers: [server.url], user: 'test', password: 'test' })
})
after(async () => {
  await broker.close()
  await server.stop()
})

/** What a follower has seen, in order. */
async function follow(bucket: string) {
  const seen: string[] = []
  const { noted, trouble } = notedTrouble()
  const stop = await followBucket(
    broker,
    bucket,
    {
      replace: (entries) => void seen.push(`all ${entries.map(({ key }) => key).join()}`),
      change: ({ key, operation }) => void seen.push(`${operation} ${key}`),
    },
    trouble,
  )
  return { seen, noted, stop }
}

test('the entries of the bucket come first and all at once, then each change', async () => {
  const kv = await new Kvm(broker.js).create('first')
  await kv.put('a', '1')
  await kv.put('b', '1')
  const { seen, noted, stop } = await follow('first')
  assert.deepEqual(seen, ['all a,b'])
  await kv.put('c', '1')
  await kv.delete('a')
  await eventually(() => assert.deepEqual(seen, ['all a,b', 'PUT c', 'DEL a']))
  assert.deepEqual(noted, [])
  stop()
})

test('an empty bucket is known to be empty', async () => {
  await new Kvm(broker.js).create('empty')
  const { seen, stop } = await follow('empty')
  assert.deepEqual(seen, ['all '])
  stop()
})

test('a bucket that cannot be followed is reported once, and again when it can', async () => {
  const following = follow('late')
  await pause(1000)
  await new Kvm(broker.js).create('late')
  const { seen, noted, stop } = await following
  assert.deepEqual([seen, noted.length, noted[1]], [['all '], 2, 'over'])
  assert.match(noted[0] ?? '', /not found/)
  stop()
})
