import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedMap } from './bounded-map.ts'

test('the key that was not set for longest makes room, and reading a key does not count as setting it', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.get('b')
  map.set('c', 4)
  assert.deepEqual([map.size, map.get('a'), map.get('b'), map.get('c')], [2, 3, undefined, 4])
})

test('setting a key again does not displace another', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('b', 3)
  assert.deepEqual([...map.keys()], ['a', 'b'])
})

test('deleting a key makes room', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  assert.deepEqual([map.delete('b'), map.delete('b')], [true, false])
  map.set('c', 3)
  assert.deepEqual([...map.keys()], ['a', 'c'])
})
