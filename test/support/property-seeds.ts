import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { test } from 'node:test'
import fc from 'fast-check'

/** Runs the file PROPERTY_FILE once for each seed from FIRST_SEED on; started by test/properties.ts. A query makes each import of
 * the file a new one, and its tests become subtests of the seed's. */
const file = pathToFileURL(join(import.meta.dirname, '..', '..', process.env['PROPERTY_FILE'] ?? ''))
const first = Number(process.env['FIRST_SEED'])
const count = Number(process.env['SEED_COUNT'])

for (let seed = first; seed < first + count; seed++) {
  test(`seed ${seed}`, async () => {
    fc.configureGlobal({ seed })
    await import(`${file.href}?seed=${seed}`)
  })
}
