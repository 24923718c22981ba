import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedMap } from './bounded-map.ts'

test('the one that was not set for longest makes room, and to be read is not to be set', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.get('b')
  map.set('c', 4)
  assert.deepEqual([map.size, map.get('a'), map.get('b'), map.get('c')], [2, 3, undefined, 4])
})

test('to set one again takes no room from another', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.set('b', 3)
  assert.deepEqual([...map.keys()], ['a', 'b'])
})

test('what is deleted makes room', () => {
  const map = new BoundedMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  assert.deepEqual([map.delete('b'), map.delete('b')], [true, false])
  map.set('c', 3)
  assert.deepEqual([...map.keys()], ['a', 'c'])
})
