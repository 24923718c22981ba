import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MISTAKES, replacedOnce } from './broken.ts'

for (const { name, file, snippet, instead } of MISTAKES) {
  test(`the mistake ${name} can be made in ${file}`, () => {
    replacedOnce(readFileSync(join(import.meta.dirname, '..', '..', file), 'utf8'), snippet, instead)
  })
}
