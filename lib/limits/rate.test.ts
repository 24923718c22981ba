import assert from 'node:assert/strict'
import { test } from 'node:test'
import { giveToken, pullBackRate, takeToken, tokensOut } from './rate.ts'
import type { RateUse } from './rate.ts'

const RATE = { messages: 1, perMs: 1000, burst: 3 }
const NOW = 1_000_000

function take(use: RateUse | undefined, now: number): RateUse {
  const taken = takeToken(use, RATE, now)
  assert.ok('use' in taken)
  return taken.use
}
const burst = (): RateUse => take(take(take(undefined, NOW), NOW), NOW)

test('a burst goes through at once, and the next message when one has come free', () => {
  const use = burst()
  assert.deepEqual(takeToken(use, RATE, NOW), { used: 3, freeAt: NOW + 1000 })
  assert.equal('use' in takeToken(use, RATE, NOW + 998), false)
  assert.equal('use' in takeToken(use, RATE, NOW + 1000), true)
})

test('what is unused for long is no more than the burst', () => {
  let use = burst()
  for (let count = 0; count < 3; count++) use = take(use, NOW + 3_600_000)
  assert.equal('use' in takeToken(use, RATE, NOW + 3_600_000), false)
})

test('how many are gone is a whole number of messages', () => {
  assert.deepEqual(
    [NOW, NOW + 1, NOW + 1000, NOW + 2001, NOW + 3000].map((now) => tokensOut(burst(), RATE, now)),
    [3, 3, 2, 1, 0],
  )
  assert.equal(tokensOut(undefined, RATE, NOW), 0)
})

test('a message that was not taken gives its part back, unless another was taken after it', () => {
  const [fullAt, takenAt] = burst()
  assert.deepEqual(giveToken([fullAt, takenAt], 1000, takenAt), [fullAt - 1000, takenAt])
  assert.deepEqual(giveToken([fullAt, takenAt], 1000, takenAt - 1), [fullAt, takenAt])
  assert.equal(giveToken(undefined, 1000, takenAt), undefined)
})

test('a clock that was ahead blocks for one burst and no longer, and one that differs a little is not forgiven', () => {
  const ahead: RateUse = [NOW + 3_600_000, NOW + 3_599_000]
  assert.equal(pullBackRate(ahead, RATE, NOW)[0], NOW + 3000)
  const little: RateUse = [NOW + 3000 + 10_000, NOW]
  assert.equal(pullBackRate(little, RATE, NOW), little)
})
