import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { generatedFiles, withLines } from './files.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test('what is generated from code is up to date', async () => {
  for (const [path, text] of await generatedFiles(ROOT))
    assert.equal(readFileSync(join(ROOT, path), 'utf8'), text, `${path}: run make generate`)
})

test('lines are replaced where they stand, whatever their number', () => {
  const replace = { first: /^a/, last: /^b/, lines: ['a2', 'b2'] }
  assert.equal(withLines('x\na1\nother\nb1\ny', replace), 'x\na2\nb2\ny')
  assert.equal(withLines('a1\nb1', replace), 'a2\nb2')
  assert.throws(() => withLines('x\ny', replace), /no lines from/)
  assert.throws(() => withLines('b1\na1', replace), /no lines from/)
})
