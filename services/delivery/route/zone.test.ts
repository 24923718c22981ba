import assert from 'node:assert/strict'
import { test } from 'node:test'
import { branchOf, zoneOf } from './zone.ts'

test('names are grouped by their estimated owner', () => {
  for (const [name, zone] of [
    ['example.org', 'example.org'],
    ['a.b.c.example.org', 'example.org'],
    ['example.co.uk', 'example.co.uk'],
    ['mx.example.co.uk', 'example.co.uk'],
    ['mx.example.com.au', 'example.com.au'],
    ['mx.example.de', 'example.de'],
    ['localhost', 'localhost'],
    ['', ''],
  ] as const)
    assert.equal(zoneOf(name), zone)
})

test('owners that share a zone have separate branches', () => {
  assert.deepEqual(['mx.a.uk.com', 'b.uk.com', 'uk.com', ''].map(branchOf), ['a.uk.com', 'b.uk.com', 'uk.com', ''])
})
