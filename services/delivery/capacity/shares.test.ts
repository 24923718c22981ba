import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Shares } from './shares.ts'

const fill = (shares: Shares, key: string): number => {
  let got = 0
  while (shares.enter(key)) got++
  return got
}

test('a single key gets two thirds, and each further key still gets places', () => {
  const shares = new Shares(90, 2)
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => fill(shares, key)),
    [60, 20, 7],
  )
})

test('places that are given back can be taken again', () => {
  const shares = new Shares(90, 2)
  fill(shares, 'a')
  for (let count = 0; count < 60; count++) shares.leave('a')
  assert.equal(shares.used, 0)
  assert.equal(fill(shares, 'b'), 60)
})

test('an amount that exceeds the free places is refused', () => {
  const shares = new Shares(100, 2)
  assert.equal(shares.enter('a', 101), false)
  assert.equal(shares.enter('a', 60), true)
  assert.equal(shares.enter('b', 41), false)
  assert.equal(shares.enter('b', 40), true)
})

test('the total is never exceeded, no key exceeds its share, and a new key gets a place if one is free', () => {
  const step = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), enters: fc.boolean() })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), fc.array(step, { maxLength: 300 }), (total, steps) => {
      const shares = new Shares(total, 2)
      const held = new Map<string, number>()
      for (const { key, enters } of steps) {
        const mine = held.get(key) ?? 0
        if (!enters) {
          if (mine === 0) continue
          shares.leave(key)
          held.set(key, mine - 1)
        } else if (shares.enter(key)) held.set(key, mine + 1)
        const sum = [...held.values()].reduce((all, one) => all + one, 0)
        assert.equal(shares.used, sum)
        assert.ok(sum <= total)
      }
      const free = total - shares.used
      assert.equal(shares.enter('newcomer'), free > 0)
    }),
  )
})
