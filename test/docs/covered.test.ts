import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** The last table of test/README.md: folders, and the tests that cover their files. */
const covered = new Map(
  [...(read('test/README.md').split('## Code without a test of its name')[1] ?? '').matchAll(/^\| `([^`]+)` \| (.+) \|$/gm)].map(
    ([, folder = '', tests = '']) => [folder, [...tests.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)],
  ),
)

/** More lines than a list of names, and something that can go one way or the other. */
const decides = (text: string): boolean =>
  text.split('\n').length > 21 && /\b(?:if|switch|for|while) ?\(|\?\?|&&|\|\||\? /.test(text)

const withoutTest = globSync('{lib,services,operator,standalone,cli}/**/*.ts', { cwd: ROOT })
  .filter((path) => !path.includes('node_modules') && !path.endsWith('.test.ts'))
  .filter((path) => !existsSync(join(ROOT, path.replace(/\.ts$/, '.test.ts'))) && decides(read(path)))

test('code without a test of its name lies in a folder whose tests test/README.md names', () => {
  assert.ok(withoutTest.length > 0)
  const folders = new Set(withoutTest.map((path) => dirname(path)))
  assert.deepEqual([...folders].filter((folder) => !covered.has(folder)).sort(), [], 'not in the table')
  for (const [folder, tests] of covered) {
    assert.ok(tests.length > 0 && existsSync(join(ROOT, folder)), folder)
    for (const path of tests) assert.ok(path.endsWith('.test.ts') && existsSync(join(ROOT, path)), `${folder}: ${path}`)
  }
})
