/** Every guide in docs/integrations against a running platform, as its reader would run it. Usage:
 *
 *     node test/clients/main.ts [GUIDE ...]
 *
 * GUIDE is a file's name there without .md. Ends with a table, and with 1 when anything did not go as a guide says; with
 * POSTRIDER_NO_SKIP=1 also when a guide could not be run. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { dkimpyMissing } from '../support/verify-dkim.ts'
import { readGuide } from './guide.ts'
import { LIBRARIES } from './libraries.ts'
import type { Library } from './libraries.ts'
import { isInside, runInside } from './namespace.ts'
import { table } from './table.ts'
import { tryOut } from './trial.ts'
import type { Result } from './trial.ts'
import { workbench } from './workbench.ts'
import { HOST, startWorld } from './world.ts'
import type { World } from './world.ts'

const GUIDES = join(import.meta.dirname, '..', '..', 'docs', 'integrations')
const asked = process.argv.slice(2)
const chosen = asked.length > 0 ? asked : Object.keys(LIBRARIES)

const skipped: string[] = []
const runnable: { name: string; library: Library }[] = []
const noVerifier = dkimpyMissing()
for (const name of chosen) {
  const library = LIBRARIES[name]
  if (library === undefined) throw new Error(`no guide ${name}; there are ${Object.keys(LIBRARIES).join(', ')}`)
  const missing = noVerifier || library.missing()
  if (missing === false) runnable.push({ name, library })
  else skipped.push(`${name}: ${missing}`)
}

if (!isInside()) {
  // Downloads, and the broker's build, need the network that the rest is not to have.
  await findBroker((line) => console.log(line))
  for (const { name, library } of runnable) {
    for (const { label } of guideOf(name).ways) await library.install?.(label)
  }
  const code = await runInside(HOST)
  if (code !== undefined) process.exit(code)
  console.log(`without the right to a network of one's own: ${HOST} becomes localhost, and the ports others`)
}

const world = await startWorld()
const results: Result[] = []
try {
  for (const { name, library } of runnable) results.push(...(await tryGuide(name, library, world)))
} finally {
  await world.close()
}
console.log(`\n${table(results)}\n`)
for (const { client, failures } of results) for (const failure of failures) console.log(`FAILED ${client}: ${failure}`)
for (const skip of skipped) console.log(`skipped: ${skip}`)
const failed = results.filter(({ failures }) => failures.length > 0).length
console.log(`${results.length - failed} passed, ${failed} failed, ${skipped.length} skipped`)
process.exit(failed > 0 || results.length === 0 ? 1 : 0)

function guideOf(name: string) {
  return readGuide(readFileSync(join(GUIDES, `${name}.md`), 'utf8'))
}

async function tryGuide(name: string, library: Library, around: World): Promise<Result[]> {
  const guide = guideOf(name)
  const found: Result[] = []
  for (const way of guide.ways) {
    const bench = workbench(guide, library, (await library.install?.(way.label)) ?? {})
    const startedAt = Date.now()
    try {
      const result = await tryOut(guide, way, bench, around)
      found.push(result)
      const verdict = result.failures.length === 0 ? 'ok' : 'FAILED'
      console.log(`${verdict.padEnd(6)} ${result.client} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
    } finally {
      bench.remove()
    }
  }
  return found
}
