import assert from 'node:assert/strict'
import { test } from 'node:test'
import { derivePassword, deriveSalt } from './password.ts'
import { nextPasswordIds, passwordAnnotations, readPasswordIds } from './rotation.ts'

const key = Buffer.alloc(32, 7)

test('a password is the same for the same credential and id, and for no other', () => {
  const password = derivePassword(key, 'shop/app', '1')
  assert.match(password, /^[A-Za-z0-9]{24}$/)
  assert.equal(derivePassword(key, 'shop/app', '1'), password)
  const others = [
    derivePassword(key, 'shop/app', '2'),
    derivePassword(key, 'shop/ap', 'p/1'),
    derivePassword(Buffer.alloc(32), 'shop/app', '1'),
  ]
  assert.equal(new Set([password, ...others]).size, 4)
  assert.notDeepEqual(deriveSalt(key, 'shop/app', '1'), deriveSalt(key, 'shop/app', '2'))
})

test('a rotation keeps the old password for its overlap, is done once, and survives being written down', () => {
  let made = 0
  const newId = () => `id-${++made}`
  const first = nextPasswordIds(undefined, { request: undefined, overlapMs: 100 }, 0, newId)
  assert.deepEqual(nextPasswordIds(first, { request: undefined, overlapMs: 100 }, 5, newId), first)
  const second = nextPasswordIds(first, { request: 'monday', overlapMs: 100 }, 10, newId)
  assert.deepEqual(second, { current: 'id-2', answered: 'monday', previous: { id: 'id-1', until: 110 } })
  const read = readPasswordIds(passwordAnnotations(second))
  assert.deepEqual(read, second)
  assert.deepEqual(nextPasswordIds(read, { request: 'monday', overlapMs: 100 }, 109, newId), second)
  assert.deepEqual(nextPasswordIds(second, { request: 'monday', overlapMs: 100 }, 110, newId), {
    current: 'id-2',
    answered: 'monday',
  })
  assert.equal(nextPasswordIds(second, { request: 'now', overlapMs: 0 }, 20, newId).previous, undefined)
  assert.equal(made, 3)
})

test('a credential that is made with a request has answered it', () => {
  assert.equal(nextPasswordIds(undefined, { request: 'x', overlapMs: 1 }, 0, () => 'a').answered, 'x')
})
