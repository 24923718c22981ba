import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRun, testFiles } from './files.ts'

const ROOT = join(import.meta.dirname, '..')

test('make test runs every test file of the repository, except the journey of make e2e', async () => {
  const inRepository = execFileSync('git', ['ls-files', '*.test.ts', '*.test.js', '*.test.mjs'], { cwd: ROOT })
    .toString()
    .trim()
    .split('\n')
  const found = new Set(await testFiles(ROOT))
  const leftOut = inRepository.filter((file) => !found.has(file))
  assert.deepEqual(leftOut, ['test/e2e/journey.test.ts'])
})

test('a test file is run wherever it lies, but not one of a dependency', () => {
  for (const path of ['lib/a/b.test.ts', 'test/c.test.ts', 'test/any/new/d.test.ts']) assert.ok(isRun(path), path)
  for (const path of ['lib/a/node_modules/b/c.test.ts', 'lib/a/b.ts']) assert.ok(!isRun(path), path)
})
