import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MISTAKES } from './broken.ts'

test('each mistake can be made in the present source', () => {
  for (const { name, file, snippet } of MISTAKES) {
    const source = readFileSync(join(import.meta.dirname, '..', '..', file), 'utf8')
    assert.equal(source.split(snippet).length, 2, `${name}: ${file} must hold once: ${snippet}`)
  }
})
