import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { BadRecordError, NewerRecordError, readStored } from './stored.ts'

const shape = z.looseObject({ name: z.string(), place: z.looseObject({ seq: z.number() }).optional() })
const read = (value: unknown) => readStored('a thing', JSON.stringify(value), shape)

test('a stored value passes with fields that are not known, and with the version of this release', () => {
  assert.deepEqual(read({ name: 'x', more: 1 }), { name: 'x', more: 1 })
  assert.deepEqual(read({ name: 'x', v: 1 }), { name: 'x', v: 1 })
})

test('a value of a later release is not taken for a malformed one, whatever else is in it', () => {
  for (const value of [{ v: 2 }, { v: 1.5, name: 7 }]) assert.throws(() => read(value), NewerRecordError)
  for (const value of [{ v: '2', name: 7 }, { v: null }, {}, [], 'x', 7, null])
    assert.throws(() => read(value), BadRecordError, JSON.stringify(value))
})

test('what is malformed is named by its place', () => {
  assert.throws(() => read({ name: 'x', place: { seq: 'one' } }), /a thing is malformed at place\.seq/)
  assert.throws(() => read(7), /^BadRecordError: a thing is malformed: /)
})

test('what is not JSON is malformed', () => {
  for (const text of ['', '{', 'x']) assert.throws(() => readStored('a thing', text, shape), BadRecordError)
})
