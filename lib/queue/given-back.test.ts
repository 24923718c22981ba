import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GivenBack } from './given-back.ts'

test('only the delivery right after the one that was given back cannot have been with another worker, and only once', () => {
  const given = new GivenBack()
  given.add(7, 1)
  assert.equal(given.isNext(7, 2), true)
  assert.equal(given.isNext(7, 2), false, 'asked again')
  given.add(7, 2)
  assert.equal(given.isNext(7, 4), false, 'another worker had it meanwhile')
  assert.equal(given.isNext(8, 2), false, 'never given back here')
})

test('after the broker was away its delivery counts are not trusted', () => {
  const given = new GivenBack()
  given.add(7, 1)
  given.clear()
  assert.equal(given.isNext(7, 2), false)
})

test('memory is bounded, and the last ones are remembered', () => {
  const given = new GivenBack(10)
  for (let seq = 1; seq <= 100; seq++) given.add(seq, 1)
  const known = Array.from({ length: 100 }, (_, index) => index + 1).filter((seq) => given.isNext(seq, 2))
  assert.ok(known.length >= 10 && known.length <= 20, String(known.length))
  assert.ok(known.includes(100) && known.includes(91))
})
