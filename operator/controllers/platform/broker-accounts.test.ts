import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServerState } from '../../broker/reload.ts'
import { reasonToWait } from './broker-accounts.ts'

const states = (...given: ServerState['state'][]): ServerState[] =>
  given.map((state, number) => ({ server: `nats-${number}`, state }))

test('services wait while a server that they may reach has accounts of before', () => {
  assert.equal(reasonToWait(states('current')), undefined)
  assert.equal(reasonToWait(states('current', 'current', 'current')), undefined)
  assert.match(reasonToWait(states('stale')) ?? '', /nats-0: stale/)
  assert.notEqual(reasonToWait(states('current', 'current', 'stale')), undefined)
})

test('a server that is away holds up nothing while most are there', () => {
  assert.equal(reasonToWait(states('current', 'current', 'away')), undefined)
  assert.notEqual(reasonToWait(states('current', 'away', 'away')), undefined)
  assert.notEqual(reasonToWait(states('away')), undefined)
})
