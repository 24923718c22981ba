import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { testFiles } from '../files.ts'
import { OUTSIDE, SLOW, unitTestFiles } from './files.ts'

const ROOT = join(import.meta.dirname, '..', '..')

test('what make unit leaves out exists, is named once and is run by make test', async () => {
  const run = new Set(await testFiles(ROOT))
  const leftOut = [...OUTSIDE, ...SLOW]
  assert.equal(new Set(leftOut).size, leftOut.length)
  for (const file of leftOut) assert.ok(run.has(file), file)
})

test('no unit test imports what opens sockets or starts processes', async () => {
  const outside =
    /^import (?!type\b).*from 'node:(?:net|tls|http|https|http2|dgram|child_process|cluster|worker_threads)'/m
  const found = (await unitTestFiles(ROOT)).filter((file) => outside.test(readFileSync(join(ROOT, file), 'utf8')))
  assert.deepEqual(found, [], 'add them to OUTSIDE in test/unit/files.ts')
})
