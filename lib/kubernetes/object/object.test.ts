import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KINDS, refFrom, refOf, UnknownKindError } from './kinds.ts'
import { describeRef, keyFor, keyOf, pathOf, refAt, refTo } from './object.ts'

test('a reference is the same whether it is made of names, of a key, of its text or of the object', () => {
  const ref = refTo(KINDS.Domain, 'shop', 'site')
  const object = { apiVersion: ref.apiVersion, kind: ref.kind, metadata: { namespace: 'shop', name: 'site' } }
  assert.deepEqual(refAt(KINDS.Domain, 'shop/site'), ref)
  assert.deepEqual(refFrom('Domain shop/site'), ref)
  assert.deepEqual(refOf(object), ref)
  assert.equal(keyOf(object), 'shop/site')
  assert.equal(keyFor(ref.namespace, ref.name), 'shop/site')
  assert.equal(describeRef(ref), 'Domain shop/site')
})

test('an object of a kind without namespaces is named without one', () => {
  const ref = refTo(KINDS.Namespace, 'ignored', 'shop')
  assert.equal('namespace' in ref, false)
  assert.deepEqual(refAt(KINDS.Namespace, 'shop'), ref)
  assert.deepEqual(refFrom(describeRef(ref)), ref)
  assert.equal(keyFor('', 'shop'), 'shop')
})

test('what is of no known kind, or has no name, is a mistake in the program', () => {
  assert.throws(() => refFrom('Elephant shop/site'), UnknownKindError)
  assert.throws(() => refFrom('toString shop/site'), UnknownKindError)
  assert.throws(() => refOf({ apiVersion: 'v2', kind: 'Secret', metadata: { name: 'a' } }), UnknownKindError)
  assert.throws(() => refOf({ apiVersion: 'v1', kind: 'Secret', metadata: {} }), UnknownKindError)
})

test('the path of an object is that of its group, and of all namespaces where none is given', () => {
  assert.equal(pathOf(KINDS.Secret, 'shop', 'a'), '/api/v1/namespaces/shop/secrets/a')
  assert.equal(pathOf(KINDS.Domain), '/apis/postrider.dev/v1alpha1/domains')
  assert.equal(pathOf(KINDS.Namespace, 'ignored', 'shop'), '/api/v1/namespaces/shop')
})
