import assert from 'node:assert/strict'
import { test } from 'node:test'
import { atStop, deliveryGraceMs, stopBounds } from './stop.ts'

const bounds = { contentMs: 20_000, finalMs: 600_000 }

test('a job that has not reached the content goes back at once', () => {
  assert.equal(atStop('waiting', 0, bounds), 'give-back')
  assert.equal(atStop('begun', 0, bounds), 'give-back')
})

test('content may still be sent within a time limit, and is cut off then', () => {
  assert.equal(atStop('content', 0, bounds), 'wait')
  assert.equal(atStop('content', 19_999, bounds), 'wait')
  assert.equal(atStop('content', 20_000, bounds), 'give-back')
})

test('after the final dot nothing is given back: its reply is waited for', () => {
  assert.equal(atStop('final', 0, bounds), 'wait')
  assert.equal(atStop('final', 599_999, bounds), 'wait')
  assert.equal(atStop('final', 600_000, bounds), 'leave')
})

test('the last final dot before a stop has the whole time for its reply', () => {
  const { contentMs, finalMs } = stopBounds(600_000)
  assert.ok(finalMs > contentMs + 600_000)
})

test('a worker is not killed while it may still wait for the reply to a final dot', () => {
  for (const finalReplyMs of [1000, 600_000, 3_600_000])
    assert.ok(deliveryGraceMs(finalReplyMs) > stopBounds(finalReplyMs).finalMs)
})
