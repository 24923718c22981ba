import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeerMemory } from './peer-memory.ts'

test('the traits of a server are remembered for an hour', () => {
  let now = 0
  const memory = new PeerMemory(() => now)
  memory.learn('a:25', { maxRecipients: 10 })
  now = 1_000_000
  memory.learn('a:25', { lockStep: true })
  assert.deepEqual(memory.recall('a:25'), { maxRecipients: 10, lockStep: true })
  assert.deepEqual(memory.recall('b:25'), {})
  now += 3_600_000
  assert.deepEqual(memory.recall('a:25'), {})
  assert.equal(memory.size, 0)
})

test('a server without traits is not remembered, and at most 10,000 servers are', () => {
  const memory = new PeerMemory(() => 0)
  memory.learn('a:25', {})
  assert.equal(memory.size, 0)
  for (let count = 0; count < 10_005; count++) memory.learn(`${count}:25`, { maxRecipients: 1 })
  assert.equal(memory.size, 10_000)
  assert.deepEqual([memory.recall('4:25'), memory.recall('5:25')], [{}, { maxRecipients: 1 }])
})
