import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RouteHost } from '../route/route.ts'
import { alternated, interleaved, rotated, shuffled } from './candidates.ts'

test('equally good hosts are in a random order that stays the same for one message', () => {
  const names = ['mx1.test', 'mx2.test', 'mx3.test']
  const order = (id: string): string => shuffled(id, names, (name) => name).join()
  const orders = Array.from({ length: 600 }, (_, index) => order(`message${index}`))
  assert.equal(new Set(orders).size, 6)
  for (const each of new Set(orders)) assert.ok(orders.filter((other) => other === each).length > 50)
  assert.equal(order('message1'), order('message1'))
  assert.equal(shuffled('m', names.toReversed(), (name) => name).join(), shuffled('m', names, (name) => name).join())
})

const hostOf = (name: string): RouteHost => ({ name, port: 25, preference: 0, reach: 'public' })
const host = (name: string, ...addresses: string[]) => ({
  host: hostOf(name),
  candidates: addresses.map((address) => ({ host: hostOf(name), address })),
})
const order = (...hosts: ReturnType<typeof host>[]): string[] => interleaved(hosts).map(({ address }) => address)

test('the addresses of equally good hosts alternate between the hosts', () => {
  assert.deepEqual(order(host('a', '1.1', '1.2', '1.3'), host('b', '1.4')), ['1.1', '1.4', '1.2', '1.3'])
  assert.deepEqual(order(), [])
})

test('the first five addresses of five dual-stack hosts are of both families', () => {
  const five = [1, 2, 3, 4, 5].map((n) => host(`mx${n}`, `2001:db8::${n}`, `192.0.2.${n}`))
  const firstFive = order(...five).slice(0, 5)
  assert.deepEqual(firstFive, ['2001:db8::1', '192.0.2.1', '2001:db8::2', '192.0.2.2', '2001:db8::3'])
})

test('address families alternate', () => {
  assert.deepEqual(alternated(['6a', '6b', '6c'], ['4a'], false), ['6a', '4a', '6b', '6c'])
  assert.deepEqual(alternated(['6a'], ['4a', '4b'], true), ['4a', '6a', '4b'])
})

test('an attempt begins where the one before ended, so that each address is tried', () => {
  const nine = Array.from({ length: 9 }, (_, index) => index)
  const reached = [0, 1].flatMap((attempt) => rotated(nine, attempt, 5).slice(0, 5))
  assert.deepEqual(new Set(reached), new Set(nine))
  assert.deepEqual(rotated(nine, 0, 5), nine)
  assert.deepEqual(rotated([1, 2], 3, 5), [1, 2])
})

test('each item comes first in some attempt, whatever their number', () => {
  for (let count = 3; count <= 60; count++) {
    const items = Array.from({ length: count }, (_, index) => index)
    for (const perAttempt of [2, 5]) {
      if (count <= perAttempt) continue
      const first = items.map((attempt) => rotated(items, attempt, perAttempt)[0])
      assert.equal(new Set(first).size, count, `${count} items, ${perAttempt} an attempt`)
    }
  }
})
