import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  MAX_DESTINATIONS,
  NO_DESTINATIONS,
  decodeDestinations,
  destinationHash,
  encodeDestinations,
  pullBackNews,
  visit,
} from './destinations.ts'
import type { Destinations } from './destinations.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const T0 = Date.UTC(2026, 4, 4, 12, 3, 20)

/** Visits destinations one after another; returns the result of each visit, and the state at the end. */
function run(allowed: number, visits: [at: number, ...domains: string[]][]) {
  let state: Destinations = NO_DESTINATIONS
  const results = visits.map(([at, ...domains]) => {
    const result = visit(
      state,
      domains.map((domain) => destinationHash('credential/a@b.test', domain)),
      allowed,
      T0 + at,
    )
    if (!('destinations' in result)) return result.used
    const same = result.destinations === state
    // As the broker stores it.
    if (!same) state = decodeDestinations(encodeDestinations(result.destinations))
    return same ? 'nothing to write' : 'ok'
  })
  return { results, state }
}

test('new destinations are counted, known ones are free and cost no write', () => {
  const { results } = run(2, [
    [0, 'x.test'],
    [1, 'x.test'],
    [2, 'y.test', 'x.test'],
    [3, 'z.test'],
    [4, 'y.test'],
  ])
  assert.deepEqual(results, ['ok', 'nothing to write', 'ok', 2, 'nothing to write'])
})

test('a message with more new destinations than are left counts none of them', () => {
  const { results } = run(2, [
    [0, 'x.test', 'y.test', 'z.test'],
    [1, 'x.test', 'y.test'],
  ])
  assert.deepEqual(results, [0, 'ok'])
})

test('a day later new destinations are allowed again, and a destination stays known for 30 days', () => {
  const { results } = run(1, [
    [0, 'x.test'],
    [23 * HOUR, 'y.test'],
    [DAY + HOUR, 'y.test'],
    [DAY + 2 * HOUR, 'x.test'],
    [30 * DAY, 'x.test'],
    [59 * DAY, 'x.test', 'z.test'],
    [92 * DAY, 'x.test'],
    [92 * DAY + 1, 'z.test'],
  ])
  assert.deepEqual(results, ['ok', 1, 'ok', 'nothing to write', 'ok', 'ok', 'ok', 1])
})

test('a refusal names the time at which one is allowed again, and then it is', () => {
  const first = visit(NO_DESTINATIONS, ['aaaaaaaa'], 1, T0)
  assert.ok('destinations' in first)
  const second = visit(first.destinations, ['bbbbbbbb'], 1, T0 + HOUR)
  assert.ok('freeAt' in second)
  assert.deepEqual([second.used, second.allowed], [1, 1])
  assert.ok('destinations' in visit(first.destinations, ['bbbbbbbb'], 1, second.freeAt))
  assert.ok('freeAt' in visit(first.destinations, ['bbbbbbbb'], 1, second.freeAt - 1))
})

test('the memory is bounded, drops the entries noted longest ago, and contains no domain name', () => {
  const many = Array.from({ length: MAX_DESTINATIONS + 10 }, (_, number) => `d${number}.test`)
  const { state } = run(1e9, [[0, ...many]])
  assert.equal(state.known.size, MAX_DESTINATIONS)
  assert.ok(!state.known.has(destinationHash('credential/a@b.test', 'd0.test')))
  assert.ok(state.known.has(destinationHash('credential/a@b.test', many.at(-1) ?? '')))
  const data = encodeDestinations(state)
  assert.ok(data.length < 66_000)
  assert.ok(!Buffer.from(data).includes('.test'))
})

test('counts of a clock that was ahead expire a day from now', () => {
  const { state } = run(2, [[400 * DAY, 'x.test', 'y.test']])
  const present = pullBackNews(state, T0)
  assert.equal(pullBackNews(present, T0), present)
  assert.ok('used' in visit(present, ['z'], 2, T0))
  assert.ok('destinations' in visit(present, ['z'], 2, T0 + DAY + HOUR))
})
