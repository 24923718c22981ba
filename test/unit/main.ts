import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { inspect } from 'node:util'
import { unitTestFiles } from './files.ts'

/** `make unit`: the tests beside the code that need nothing but Node. One that would leave its process fails (guard.ts). */
const ROOT = join(import.meta.dirname, '..', '..')
const startedAt = performance.now()
// Most of a small file's time is the compilation of what it imports.
process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache', 'compiled')

const files = (await unitTestFiles(ROOT)).map((file) => join(ROOT, file))
const counts = { passed: 0, failed: 0, skipped: 0 }
const events = run({
  files,
  concurrency: availableParallelism(),
  timeout: 60_000,
  execArgv: ['--import', join(import.meta.dirname, 'guard.ts')],
})
events.on('test:pass', ({ skip, details }) => {
  if (details.type === 'suite') return
  counts[skip === undefined || skip === false ? 'passed' : 'skipped']++
})
events.on('test:fail', ({ name, details, file = '' }) => {
  if (details.type === 'suite') return
  counts.failed++
  console.error(`FAILED ${file.replace(`${ROOT}/`, '')}: ${name}\n${inspect(details.error.cause)}`)
})
await finished(events.resume())

const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${files.length} files in ${seconds} s`,
)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
