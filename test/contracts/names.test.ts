import assert from 'node:assert/strict'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..')
const PROGRAMS = '{lib,services,operator,standalone,cli}/**/*.ts'

/** The name of a variable, in quotes. */
const NAME = /['"`](POSTRIDER_[A-Z_]+)['"`]/g

/** Where each variable is named. */
async function places(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  for await (const file of glob(PROGRAMS, { cwd: ROOT, exclude: ['**/node_modules/**', '**/*.test.ts'] })) {
    const text = await readFile(join(ROOT, file), 'utf8')
    for (const [, name = ''] of text.matchAll(NAME)) found.set(name, [...(found.get(name) ?? []), file])
  }
  return found
}

test('each variable of the environment is named in one place: its contract', async () => {
  const found = await places()
  assert.ok(found.size > 30, `${found.size} names`)
  const several = [...found].filter(([, files]) => files.length > 1)
  assert.deepEqual(several, [])
  // The sandbox and the folder of downloads are of standalone mode alone.
  const elsewhere = [...found].filter(([, [file = '']]) => !file.startsWith('lib/contract/')).map(([name]) => name)
  assert.deepEqual(elsewhere.toSorted(), ['POSTRIDER_CACHE', 'POSTRIDER_SANDBOX_FOLDER', 'POSTRIDER_SANDBOX_PORT'])
})
