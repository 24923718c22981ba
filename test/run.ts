import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { finished } from 'node:stream/promises'
import { join } from 'node:path'
import process from 'node:process'
import { run } from 'node:test'
import { spec } from 'node:test/reporters'
import { inspect } from 'node:util'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { testFiles } from './files.ts'
import { unitTestFiles } from './unit/files.ts'
import { runUnitTests } from './unit/run.ts'
import type { Counts } from './unit/run.ts'

/** Runs all tests, or the files given, and ends with one line of counts. A skipped test is one whose program is missing;
 * with POSTRIDER_NO_SKIP=1, as in CI, that is a failure. */
const root = join(import.meta.dirname, '..')
/** A whole run takes half of this on two idle cores. */
const WHOLE_MS = 55 * 60_000

// Built before the first test needs it, and once.
await findBroker((line) => console.log(line))
const given = process.argv.slice(2)
// In a whole run, the unit tests share a process for each core.
const unit = given.length > 0 ? [] : await unitTestFiles(root)
const own = given.length > 0 ? given : (await testFiles(root)).filter((file) => !unit.includes(file))
const files = own.map((file) => join(root, file))

// Half the CPU time of the thousands of processes that a run starts is the compilation of the same files: they share a cache.
const compiled = await mkdtemp(join(tmpdir(), 'postrider-compiled-'))
process.env['NODE_COMPILE_CACHE'] = compiled

const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
if (unit.length > 0) {
  Object.assign(counts, await runUnitTests(unit))
  console.log(`unit tests: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
}
const skips: string[] = []
const whole = new AbortController()
const late = setTimeout(() => {
  console.error(`not done after ${WHOLE_MS / 60_000} minutes: ended`)
  whole.abort()
}, WHOLE_MS)
const events = run({
  files,
  concurrency: 2,
  timeout: 600_000,
  signal: whole.signal,
  execArgv: ['--import', join(import.meta.dirname, 'support', 'file-deadline.ts')],
})
// The end of a file's results: without it they were cut off, and what is missing may have failed.
const complete = new Set<string>()
events.on('test:summary', ({ file }) => {
  if (file !== undefined) complete.add(file)
})
events.on('test:pass', ({ name, skip, details }) => {
  if (details.type === 'suite') return
  if (skip === undefined || skip === false) counts.passed++
  else {
    counts.skipped++
    skips.push(`${name}: ${typeof skip === 'string' ? skip : ''}`)
  }
})
events.on('test:fail', ({ name, details, file }) => {
  if (details.type !== 'suite') counts.failed++
  // At once and not only in the summary: a run that somebody ends has said what was wrong.
  console.error(`FAILED ${file ?? ''}: ${name}\n${inspect(details.error.cause)}`)
})
const output = events.compose(spec).pipe(process.stdout, { end: false })
void once(output, 'error')
await finished(events.resume()).catch(() => undefined)
clearTimeout(late)
// A process that outlived its test may still write there.
await rm(compiled, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined)

for (const file of files.filter((one) => !complete.has(one))) {
  console.error(`FAILED ${file}: its results are not complete`)
  counts.failed++
}
for (const skip of skips) console.log(`skipped: ${skip}`)
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
const strict = process.env['POSTRIDER_NO_SKIP'] === '1'
process.exit(counts.failed > 0 || counts.passed === 0 || (strict && counts.skipped > 0) ? 1 : 0)
