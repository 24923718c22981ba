import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..', '..')

test('the chart contains unchanged copies of the CRDs', () => {
  const files = (folder: string): Map<string, string> =>
    new Map(readdirSync(join(ROOT, folder)).map((name) => [name, readFileSync(join(ROOT, folder, name), 'utf8')]))
  assert.deepEqual(files('charts/postrider/crd-files'), files('crds'), 'run node lib/resources/crd/main.ts')
})
