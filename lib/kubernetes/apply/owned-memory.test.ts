import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KINDS, refOf } from '../object/kinds.ts'
import { refAt } from '../object/object.ts'
import type { KubeObject } from '../object/object.ts'
import { forgetOwned, forgetOwner } from './owned.ts'
import { memoryOf, OwnedMemory, remember } from './owned-memory.ts'

const owner = (name: string, uid = `uid of ${name}`): KubeObject => ({
  apiVersion: KINDS.SMTPCredential.apiVersion,
  kind: 'SMTPCredential',
  metadata: { namespace: 'shop', name, uid },
})
const memory = (of: KubeObject) => remember('hash', of, {}, [])

test('what is kept for an owner leaves memory with it, and what is kept for others stays', () => {
  const known = new OwnedMemory()
  const [first, other] = [owner('first'), owner('other')]
  known.keep('shop/a', first, memory(first))
  known.keep('shop/b', first, memory(first))
  known.keep('shop/c', other, memory(other))
  known.forgetOwner(refOf(first))
  assert.equal(known.recall('shop/a', first), undefined)
  assert.equal(known.recall('shop/c', other)?.hash, 'hash')
  assert.deepEqual([known.size, known.owners], [1, 1])
})

test('ten thousand owners that come and go leave nothing', () => {
  const known = new OwnedMemory()
  for (let i = 0; i < 10_000; i++) {
    const one = owner(`app-${i}`)
    known.keep(`shop/app-${i}`, one, memory(one))
    known.keep(`shop/app-${i}-old`, one, memory(one))
    known.forget(`shop/app-${i}-old`)
    known.forgetOwner(refOf(one))
  }
  assert.deepEqual([known.size, known.owners], [0, 0])
})

test('an object that is gone is remembered, so that it is put back; one that is not wanted is not', () => {
  const known = new OwnedMemory()
  const one = owner('app')
  known.keep('shop/app', one, memory(one))
  known.keep('shop/app', one, memory(one))
  assert.deepEqual([known.size, known.owners], [1, 1])
  known.forget('shop/app')
  known.forget('shop/never')
  assert.deepEqual([known.size, known.owners], [0, 0])
})

test('what another owner of that name had is not recalled, and what passes to another owner is forgotten with that one', () => {
  const known = new OwnedMemory()
  const [before, now] = [owner('app', 'first'), owner('app', 'second')]
  known.keep('shop/app', before, memory(before))
  assert.equal(known.recall('shop/app', now), undefined)
  const heir = owner('heir')
  known.keep('shop/app', heir, memory(heir))
  known.forgetOwner(refOf(before))
  assert.equal(known.recall('shop/app', heir)?.hash, 'hash')
  known.forgetOwner(refOf(heir))
  assert.deepEqual([known.size, known.owners], [0, 0])
})

test('controllers tell by reference, for each store', () => {
  const [secrets, services] = [{}, {}]
  const one = owner('app')
  for (const store of [secrets, services]) memoryOf(store).keep('shop/app', one, memory(one))
  forgetOwned(refAt(KINDS.Secret, 'shop/app'), secrets)
  assert.deepEqual([memoryOf(secrets).size, memoryOf(services).size], [0, 1])
  forgetOwner(refAt(KINDS.SMTPCredential, 'shop/app'), secrets, services)
  assert.equal(memoryOf(services).size, 0)
})
