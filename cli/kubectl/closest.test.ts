import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closest } from './closest.ts'

test('of the names that are there, those that may be meant are told', () => {
  const names = ['status', 'dns', 'suspend']
  const table: [string, string[], string][] = [
    ['stauts', names, '; did you mean status?'],
    ['statu', names, '; did you mean status?'],
    ['SUSPENDED', names, '; did you mean suspend?'],
    ['dsn', names, '; did you mean dns?'],
    ['dnss', names, '; did you mean dns?'],
    ['x', names, '; choose from: dns, status, suspend'],
    ['explain', names, '; choose from: dns, status, suspend'],
    ['shop', ['shop-a', 'shop-b'], '; did you mean shop-a, shop-b?'],
    ['any', [], '; none exist'],
  ]
  for (const [asked, among, expected] of table) assert.equal(closest(asked, among), expected, asked)
})

test('of many names only some are told', () => {
  const names = Array.from({ length: 30 }, (_, at) => `tenant-${String(at).padStart(2, '0')}`)
  assert.equal(closest('z', names), `; choose from: ${names.slice(0, 8).join(', ')} and 22 more`)
})
