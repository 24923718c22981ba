import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOOK_BACK_MS, LookBack } from './look-back.ts'
import { ACK_WAIT_MS } from '@postrider/broker/streams'

const BROKER = 1_800_000_000_000

test('a worker that always has capacity looks back a few leases', () => {
  const lookBack = new LookBack(0)
  lookBack.clock(0, BROKER)
  lookBack.caughtUp(1_000_000)
  assert.equal(lookBack.since(1_000_000, { storedAt: 0, deliveries: 1 }), BROKER + 1_000_000 - LOOK_BACK_MS)
  assert.ok(LOOK_BACK_MS >= 2 * ACK_WAIT_MS)
})

test('the time in which it took no jobs is added', () => {
  const lookBack = new LookBack(0)
  lookBack.clock(0, BROKER)
  lookBack.caughtUp(1_000_000)
  assert.equal(lookBack.since(1_300_000, { storedAt: 0, deliveries: 1 }), BROKER + 1_000_000 - LOOK_BACK_MS)
})

test('the time in which no worker ran is added', () => {
  const lookBack = new LookBack(0, 600_000)
  lookBack.clock(0, BROKER)
  assert.equal(lookBack.since(0, { storedAt: 0, deliveries: 1 }), BROKER - 600_000 - LOOK_BACK_MS)
})

test('an attempt cannot have been settled before its job was stored', () => {
  const lookBack = new LookBack(0)
  lookBack.clock(0, BROKER)
  assert.equal(lookBack.since(0, { storedAt: BROKER - 10, deliveries: 1 }), BROKER - 10)
})

test('a job that was given out before may have been settled at any time since it was stored', () => {
  const lookBack = new LookBack(0)
  lookBack.clock(0, BROKER)
  lookBack.caughtUp(1_000_000)
  const storedAt = BROKER + 1_000_000 - 10 * LOOK_BACK_MS
  assert.equal(lookBack.since(1_000_000, { storedAt, deliveries: 2 }), storedAt)
})

test('a second copy of a job may have been settled before it was stored', () => {
  const lookBack = new LookBack(0)
  lookBack.clock(0, BROKER)
  assert.equal(lookBack.since(0, { storedAt: BROKER, deliveries: 2, again: BROKER - 500_000 }), BROKER - 500_000)
})

test('while the broker’s clock is unknown, the time of storing counts', () => {
  assert.equal(new LookBack(0).since(0, { storedAt: 17, deliveries: 1 }), 17)
})

test('a job was settled before the connection came up, or a little later, or within the last minutes', () => {
  const lookBack = new LookBack(0, 600_000)
  assert.equal(lookBack.until, undefined)
  lookBack.clock(0, BROKER)
  assert.equal(lookBack.until, BROKER + LOOK_BACK_MS)
})

test('after the connection was lost, a job may have been settled at any time until it is known again what the broker has', () => {
  const lookBack = new LookBack(0)
  lookBack.clock(0, BROKER)
  lookBack.lost()
  assert.equal(lookBack.until, undefined)
})
