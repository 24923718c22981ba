import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker } from './breaker.ts'

const TIMES = { restMs: 1000, maxRestMs: 8000 }

test('a site is down after three consecutive failures, and not before', () => {
  const breaker = new Breaker(TIMES)
  breaker.failed('refused', 0)
  breaker.failed('refused', 0)
  assert.equal(breaker.state(0), 'closed')
  breaker.answered()
  breaker.failed('refused', 0)
  breaker.failed('refused', 0)
  assert.equal(breaker.state(0), 'closed')
  breaker.failed('timed out', 0)
  assert.deepEqual([breaker.state(0), breaker.state(999), breaker.state(1000)], ['open', 'open', 'probing'])
  assert.equal(breaker.trouble, 'timed out')
})

test('the rest doubles with each failed probe up to a maximum, and starts short again after a success', () => {
  const breaker = new Breaker(TIMES)
  const rests: number[] = []
  for (let now = 0, count = 0; count < 7; count++) {
    breaker.failed('refused', now)
    rests.push(breaker.remaining(now))
    now += breaker.remaining(now)
  }
  assert.deepEqual(rests, [0, 0, 1000, 2000, 4000, 8000, 8000])
  breaker.answered()
  assert.equal(breaker.state(0), 'closed')
  for (let count = 0; count < 3; count++) breaker.failed('refused', 0)
  assert.equal(breaker.remaining(0), 1000)
})

test('a rest can be ended early; the next transaction is then a probe', () => {
  const breaker = new Breaker(TIMES)
  for (let count = 0; count < 3; count++) breaker.failed('refused', 0)
  breaker.wake(10)
  assert.deepEqual([breaker.state(10), breaker.remaining(10)], ['probing', 0])
  breaker.failed('refused', 20)
  assert.deepEqual([breaker.state(20), breaker.remaining(20)], ['open', 2000])
})
