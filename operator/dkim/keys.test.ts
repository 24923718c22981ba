import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsForKeys } from './keys.ts'
import type { DkimKey, DkimSteps, DkimWish } from './keys.ts'

const wish: DkimWish = { algorithms: ['RSA2048'], selectorPrefix: 'pr', request: '', overlapMs: 100 }

/** Applies the steps. */
function follow(keys: DkimKey[], steps: DkimSteps, { request }: DkimWish, now: number): DkimKey[] {
  const kept = keys
    .filter((key) => !steps.remove.includes(key))
    .map((key) => (steps.supersede.includes(key) ? { ...key, supersededAt: now } : key))
  return [...kept, ...steps.make.map((key) => ({ ...key, createdAt: now, request }))]
}

test('a key for each algorithm, which signs at once', () => {
  const both: DkimWish = { ...wish, algorithms: ['RSA2048', 'Ed25519'] }
  const first = stepsForKeys([], both, new Set(), 0)
  assert.deepEqual(
    first.make.map(({ selector }) => selector),
    ['pr-rsa', 'pr-ed25519'],
  )
  const keys = follow([], first, both, 0)
  const next = stepsForKeys(keys, both, new Set(), 1)
  assert.deepEqual(
    [...next.states],
    [
      ['pr-rsa', 'Signing'],
      ['pr-ed25519', 'Signing'],
    ],
  )
  assert.deepEqual([next.make, next.supersede, next.remove], [[], [], []])
})

test('a rotation: the old key signs until the new record is seen, then its record stays for the overlap', () => {
  let keys = follow([], stepsForKeys([], wish, new Set(), 0), wish, 0)
  const asked = { ...wish, request: 'june' }
  let steps = stepsForKeys(keys, asked, new Set(['pr-rsa']), 10)
  assert.deepEqual(steps.make, [{ selector: 'pr-rsa-2', algorithm: 'RSA2048', generation: 2 }])
  keys = follow(keys, steps, asked, 10)
  steps = stepsForKeys(keys, asked, new Set(['pr-rsa']), 20)
  assert.deepEqual(Object.fromEntries(steps.states), { 'pr-rsa': 'Signing', 'pr-rsa-2': 'Pending' })
  steps = stepsForKeys(keys, asked, new Set(['pr-rsa', 'pr-rsa-2']), 30)
  assert.deepEqual(Object.fromEntries(steps.states), { 'pr-rsa': 'Retiring', 'pr-rsa-2': 'Signing' })
  keys = follow(keys, steps, asked, 30)
  steps = stepsForKeys(keys, asked, new Set(), 40)
  assert.equal(steps.states.get('pr-rsa-2'), 'Signing', 'a DNS that fails does not turn the rotation back')
  assert.equal(steps.nextAt, 130)
  steps = stepsForKeys(keys, asked, new Set(['pr-rsa', 'pr-rsa-2']), 130)
  assert.deepEqual(
    steps.remove.map(({ selector }) => selector),
    ['pr-rsa'],
  )
  keys = follow(keys, steps, asked, 130)
  assert.deepEqual(
    keys.map(({ selector }) => selector),
    ['pr-rsa-2'],
  )
  assert.deepEqual(stepsForKeys(keys, asked, new Set(), 140).make, [], 'a request is answered once')
})

test('an algorithm that is no longer wished for retires', () => {
  const both: DkimWish = { ...wish, algorithms: ['RSA2048', 'Ed25519'] }
  let keys = follow([], stepsForKeys([], both, new Set(), 0), both, 0)
  const steps = stepsForKeys(keys, wish, new Set(), 5)
  assert.equal(steps.states.get('pr-ed25519'), 'Retiring')
  keys = follow(keys, steps, wish, 5)
  assert.deepEqual(
    stepsForKeys(keys, wish, new Set(), 200).remove.map(({ selector }) => selector),
    ['pr-ed25519'],
  )
})
