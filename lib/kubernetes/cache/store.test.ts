import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../object/object.ts'
import { createStore } from './store.ts'

const object = (name: string, resourceVersion: string, more: object = {}): KubeObject => ({
  metadata: { namespace: 'shop', name, resourceVersion, ...more },
})

/** A store of names and versions, and what it parsed and reported. */
function store(onChange?: () => void) {
  const read: string[] = []
  const told: string[] = []
  const errors: unknown[] = []
  const made = createStore({
    read(given) {
      read.push(`${given.metadata?.name ?? ''} ${given.metadata?.resourceVersion ?? ''}`)
      return { ...given, readTimes: read.length }
    },
    onChange(key, now, before) {
      told.push(`${key}: ${before?.metadata?.resourceVersion ?? 'none'} to ${now?.metadata?.resourceVersion ?? 'none'}`)
      onChange?.()
    },
    onError: (error) => errors.push(error),
  })
  return { ...made, read, told, errors }
}

test('an object is read once for each version, and what was made of it is what the store holds', () => {
  const { put, replaceAll, view, read, told } = store()
  put(object('a', '1'))
  put(object('a', '1'))
  replaceAll([object('a', '1')])
  assert.deepEqual(read, ['a 1'])
  assert.equal(view.get('shop/a')?.readTimes, 1)
  put(object('a', '2'))
  assert.equal(view.get('shop/a')?.readTimes, 2)
  assert.deepEqual(told, ['shop/a: none to 1', 'shop/a: 1 to 2'])
})

test('a list tells of the differences only', () => {
  const { put, replaceAll, view, told } = store()
  put(object('a', '1'))
  put(object('b', '1'))
  replaceAll([object('b', '1'), object('c', '1')])
  assert.deepEqual(told.slice(2), ['shop/a: 1 to none', 'shop/c: none to 1'])
  assert.deepEqual(
    view.list('shop').map(({ metadata }) => metadata?.name),
    ['b', 'c'],
  )
  assert.deepEqual(view.list('bank'), [])
})

test('nobody reads who owns which field', () => {
  const { put, view } = store()
  put(object('a', '1', { managedFields: [{}] }))
  assert.equal('managedFields' in (view.get('shop/a')?.metadata ?? {}), false)
})

test('a handler that throws is reported, and the store goes on', () => {
  const { put, drop, view, errors } = store(() => {
    throw new Error('of the handler')
  })
  put(object('a', '1'))
  drop('shop/a')
  drop('shop/a')
  assert.equal(errors.length, 2)
  assert.equal(view.get('shop/a'), undefined)
})
