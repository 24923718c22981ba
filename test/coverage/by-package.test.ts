import assert from 'node:assert/strict'
import { test } from 'node:test'
import { byPackage, isMeasured } from './by-package.ts'

test('lines are added up by package, and for all', () => {
  const rows = byPackage([
    { path: 'lib/mail/a.ts', lines: 30, covered: 30 },
    { path: 'cli/main.ts', lines: 10, covered: 0 },
    { path: 'lib/mail/inner/b.ts', lines: 10, covered: 5 },
  ])
  assert.deepEqual(
    rows.map((row) => row.split(/\s{2,}/)),
    [
      ['cli', '0.0 %', '0 of 10 lines in 1 files'],
      ['lib/mail', '87.5 %', '35 of 40 lines in 2 files'],
      ['all', '70.0 %', '35 of 50 lines in 3 files'],
    ],
  )
})

test('production code counts, tests and what they are made of do not', () => {
  for (const path of ['lib/mail/a.ts', 'services/ingress/main.ts', 'operator/lead.ts'])
    assert.ok(isMeasured(path), path)
  for (const path of ['lib/mail/a.test.ts', 'test/support/broker.ts', '../x.ts']) assert.ok(!isMeasured(path), path)
})
