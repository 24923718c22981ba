import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { goldenShapes } from '../../test/support/golden-shapes.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const wanted = await goldenShapes()

for (const [path, text] of wanted)
  test(`${path} is what the operator writes; after a change that is meant, run make generate and read the diff`, () => {
    assert.equal(readFileSync(join(ROOT, path), 'utf8'), text)
  })

test('no golden file is of a shape or platform that is gone', () => {
  const there = globSync('operator/shapes/golden/**/*.yaml', { cwd: ROOT })
  assert.deepEqual(there.sort(), [...wanted.keys()].sort())
})
