import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashPassword, verifyPassword } from '@postrider/authentication/hash'
import { derivePassword } from './password.ts'
import { Verifiers } from './verifiers.ts'

const KEY = Buffer.alloc(32, 7)

test('a verifier is made once, and is of the derived password', async () => {
  const verifiers = new Verifiers(KEY, [])
  assert.equal(verifiers.recall('shop/app', '1'), undefined)
  const made = await verifiers.make('shop/app', '1')
  assert.equal(verifiers.recall('shop/app', '1'), made)
  assert.equal(verifiers.recall('shop/app', '2'), undefined)
  assert.equal(await verifyPassword(derivePassword(KEY, 'shop/app', '1'), made), true)
})

test('what is published already is taken from there, and what cannot be read is passed over', async () => {
  const made = await new Verifiers(KEY, []).make('shop/app', '1')
  const foreign = await hashPassword('secret')
  const verifiers = new Verifiers(KEY, ['rubbish', foreign, made])
  assert.equal(verifiers.recall('shop/app', '1'), made)
})

test('verifiers of credentials that were deleted, and of passwords that are over, are forgotten', async () => {
  const verifiers = new Verifiers(KEY, [])
  for (const [credential, id] of [
    ['shop/app', '1'],
    ['shop/app', '2'],
    ['shop/gone', '1'],
  ] as const)
    await verifiers.make(credential, id)
  verifiers.keepOnly([{ credential: 'shop/app', ids: ['2', '3'] }])
  assert.deepEqual([verifiers.recall('shop/app', '1'), verifiers.recall('shop/gone', '1')], [undefined, undefined])
  assert.notEqual(verifiers.recall('shop/app', '2'), undefined)
})
