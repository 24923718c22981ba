import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteHost } from '../route/route.ts'
import { alternated, interleaved, rotated, shuffled } from './candidates.ts'

test('equal hosts are in an order of chance that stays the same for one message', () => {
  const names = ['mx1.test', 'mx2.test', 'mx3.test']
  const order = (id: string): string => shuffled(id, names, (name) => name).join()
  const orders = Array.from({ length: 600 }, (_, index) => order(`message${index}`))
  assert.equal(new Set(orders).size, 6)
  for (const each of new Set(orders)) assert.ok(orders.filter((other) => other === each).length > 50)
  assert.equal(order('message1'), order('message1'))
  assert.equal(shuffled('m', names.toReversed(), (name) => name).join(), shuffled('m', names, (name) => name).join())
})

test('equal hosts take turns with their addresses', () => {
  const hostOf = (name: string): RouteHost => ({ name, port: 25, preference: 0, reach: 'public' })
  const host = (name: string, ...addresses: string[]) => ({
    host: hostOf(name),
    candidates: addresses.map((address) => ({ host: hostOf(name), address })),
  })
  const all = interleaved([host('a', '1', '2', '3'), host('b', '4')])
  assert.deepEqual(
    all.map(({ address }) => address),
    ['1', '4', '2', '3'],
  )
  assert.deepEqual(interleaved([]), [])
})

test('families alternate', () => {
  assert.deepEqual(alternated(['6a', '6b', '6c'], ['4a'], false), ['6a', '4a', '6b', '6c'])
  assert.deepEqual(alternated(['6a'], ['4a', '4b'], true), ['4a', '6a', '4b'])
})

test('an attempt begins where the one before has ended, so that each address has its turn', () => {
  const nine = Array.from({ length: 9 }, (_, index) => index)
  const reached = [0, 1].flatMap((attempt) => rotated(nine, attempt, 5).slice(0, 5))
  assert.deepEqual(new Set(reached), new Set(nine))
  assert.deepEqual(rotated(nine, 0, 5), nine)
  assert.deepEqual(rotated([1, 2], 3, 5), [1, 2])
})
