import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_EVENT_BYTES, encodeEvent, nextBatch } from './bound-event.ts'
import type { AttemptEvent } from './event.ts'

const attempt = (recipients: number, reply: string): AttemptEvent => ({
  type: 'attempt',
  at: 1,
  id: 'a',
  part: 1,
  attempt: 1,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
  outcomes: Array.from({ length: recipients }, (_, index) => ({
    address: `${'k'.repeat(60)}${index}@remote.test`,
    state: 'failed',
    reply,
    status: '5.1.1',
    category: 'unknown-user',
    stage: 'rcpt',
  })),
})

test('a hundred replies of 512 octets stay as they are', () => {
  const event = attempt(100, 'x'.repeat(512))
  assert.deepEqual(JSON.parse(encodeEvent(event)), event)
})

test('replies of megabytes are cut, and nothing else is', () => {
  const event = attempt(100, 'ü'.repeat(100_000))
  const stored = encodeEvent(event)
  assert.ok(Buffer.byteLength(stored) < MAX_EVENT_BYTES)
  const read = JSON.parse(stored) as AttemptEvent
  assert.equal(read.outcomes.length, 100)
  const shortened = (outcomes: AttemptEvent['outcomes']) => outcomes.map((outcome) => ({ ...outcome, reply: '' }))
  assert.deepEqual(shortened(read.outcomes), shortened(event.outcomes))
})

test('a batch ends before it is too large, and has at least one event', () => {
  assert.equal(nextBatch([10, 10, 10], 25), 2)
  assert.equal(nextBatch([10, 10], 100), 2)
  assert.equal(nextBatch([1000, 1], 25), 1)
  assert.equal(nextBatch([1, 1000], 25), 1)
  assert.equal(nextBatch([], 25), 0)
})
