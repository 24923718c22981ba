import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KINDS } from './kinds.ts'
import type { Kind } from './kinds.ts'
import { readStored } from './stored.ts'

const metadata = { name: 'one', namespace: 'shop', uid: 'a', resourceVersion: '1' }
const condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Ready',
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
}

test('a valid object is a resource, with the defaults of its kind', () => {
  const { read, spec } = readStored('Domain', { metadata, spec: { domainName: 'shop.test' } })
  assert.ok('resource' in read)
  const { kind, namespace, name } = read.resource
  assert.deepEqual([kind, namespace, name], ['Domain', 'shop', 'one'])
  assert.equal(spec, read.resource.spec)
  assert.deepEqual(spec.allowedSenders, [])
})

test('an object that is not valid says why, and what can be read of it is there', () => {
  const given = { domainName: 'shop.test', retention: 'for ever', unknown: 1 }
  const { read, spec } = readStored('Domain', { metadata, spec: given })
  assert.ok('problems' in read)
  assert.deepEqual(read.problems.map(({ path }) => path).sort(), ['spec', 'spec.retention'])
  assert.deepEqual(spec, { domainName: 'shop.test' })
})

test('a status is as it was written, without what no one can read', () => {
  const key = { selector: 's1', algorithm: 'Ed25519', state: 'Signing', createdAt: '2026-01-01T00:00:00Z' }
  const status = {
    observedGeneration: 2,
    conditions: [condition, { type: 'Ready' }, 'none'],
    dkimKeys: [key, { ...key, state: 'of a later release' }],
    sentToday: 'many',
    ofALaterRelease: true,
  }
  const read = readStored('Domain', { metadata, spec: {}, status }).status
  assert.deepEqual(read, {
    observedGeneration: 2,
    conditions: [condition],
    dkimKeys: [key],
    ofALaterRelease: true,
  })
  assert.deepEqual(readStored('Domain', { metadata }).status, {})
})

test('nothing that is stored makes reading throw', () => {
  const anything = { spec: fc.anything(), status: fc.anything() }
  const kinds = fc.constantFrom(...(Object.keys(KINDS) as Kind[]))
  fc.assert(fc.property(kinds, fc.record(anything), (kind, given) => void readStored(kind, { metadata, ...given })))
})
