import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BackOff } from './back-off.ts'

test('a failed key waits longer each time, up to a minute, and other keys never wait', () => {
  let now = 0
  const backOff = new BackOff(() => now)
  const waits: number[] = []
  for (let tries = 1; tries <= 12; tries++) {
    assert.equal(backOff.failed('poison'), tries)
    assert.equal(backOff.isDue('poison'), false)
    assert.equal(backOff.isDue('other'), true)
    const from = now
    while (!backOff.isDue('poison')) now += 1000
    waits.push((now - from) / 1000)
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60])
  backOff.done('poison')
  assert.equal(backOff.failed('poison'), 1)
})

test('a bounded number of failed keys is remembered', () => {
  const backOff = new BackOff(() => 0)
  for (let key = 0; key < 20_000; key++) backOff.failed(String(key))
  assert.equal(backOff.size, 10_000)
  assert.equal(backOff.isDue('0'), true)
  assert.equal(backOff.isDue('19999'), false)
})
