import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXPIRED_MS, FRESH_MS, Lease, RENEW_AFTER_MS } from './lease.ts'
import { ACK_WAIT_MS } from '@postrider/broker/streams'

test('a lease is fresh, then stale, then lost, counted from the request that brought the job', () => {
  const lease = new Lease(1000)
  assert.equal(lease.state(1000 + FRESH_MS - 1), 'fresh')
  assert.equal(lease.state(1000 + FRESH_MS), 'stale')
  assert.equal(lease.state(1000 + EXPIRED_MS - 1), 'stale')
  assert.equal(lease.state(1000 + EXPIRED_MS), 'lost')
})

test('a confirmation counts from when its request was sent, not from when the answer came', () => {
  const lease = new Lease(0)
  lease.confirmed(10_000, 14_000)
  assert.equal(lease.state(10_000 + FRESH_MS - 1), 'fresh')
  assert.equal(lease.state(10_000 + FRESH_MS), 'stale')
})

test('a stale lease is fresh again after a confirmation that came in time', () => {
  const lease = new Lease(0)
  assert.equal(lease.state(FRESH_MS + 1), 'stale')
  lease.confirmed(FRESH_MS + 1, FRESH_MS + 2000)
  assert.equal(lease.state(FRESH_MS + 2000), 'fresh')
})

test('a confirmation that comes too late proves nothing, since the broker confirms it even when another worker has the job', () => {
  const lease = new Lease(0)
  lease.confirmed(FRESH_MS, EXPIRED_MS)
  assert.equal(lease.state(EXPIRED_MS), 'lost')
})

test('a lost lease stays lost, even when a confirmation of an earlier request arrives later', () => {
  const lease = new Lease(0)
  assert.equal(lease.state(EXPIRED_MS + 1), 'lost')
  lease.confirmed(EXPIRED_MS - 1, EXPIRED_MS + 2)
  assert.equal(lease.state(EXPIRED_MS + 2), 'lost')
  assert.equal(lease.due(EXPIRED_MS + 2), false)
})

test('confirmations that overtake each other never make a lease older', () => {
  const lease = new Lease(0)
  lease.confirmed(9000, 9001)
  lease.confirmed(5000, 9002)
  assert.equal(lease.state(9000 + FRESH_MS - 1), 'fresh')
})

test('a renewal is due when the last confirmation is some seconds old', () => {
  const lease = new Lease(0)
  assert.equal(lease.due(RENEW_AFTER_MS - 1), false)
  assert.equal(lease.due(RENEW_AFTER_MS), true)
  assert.equal(lease.timeLeft(RENEW_AFTER_MS), EXPIRED_MS - RENEW_AFTER_MS)
  assert.equal(lease.timeLeft(EXPIRED_MS + 1), 0)
})

test('a renewal that the broker forgets leaves room: the one before it still covers a fresh lease', () => {
  assert.ok(FRESH_MS + RENEW_AFTER_MS <= ACK_WAIT_MS)
  assert.ok(FRESH_MS < EXPIRED_MS && EXPIRED_MS < ACK_WAIT_MS)
})
