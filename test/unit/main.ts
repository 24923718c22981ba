import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { BatchResult } from './batch.ts'
import { batchesOf } from './batches.ts'
import { unitTestFiles } from './files.ts'

/** `make unit`: the tests beside the code that need nothing but Node. One that would leave its process fails (guard.ts). */
const ROOT = join(import.meta.dirname, '..', '..')
const startedAt = performance.now()
// Most of a small file's time is the compilation of what it imports.
process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache', 'compiled')

const files = await unitTestFiles(ROOT)
const processes = availableParallelism()
const batches = batchesOf(
  files.map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') })),
  processes,
)
const counts = { passed: 0, failed: 0, skipped: 0 }

async function runBatch(batch: string[]): Promise<void> {
  const child = fork(join(import.meta.dirname, 'batch.ts'), batch, {
    cwd: ROOT,
    execArgv: ['--import', join(import.meta.dirname, 'guard.ts')],
  })
  let result: BatchResult | undefined
  child.once('message', (message) => (result = message as BatchResult))
  const [code] = (await once(child, 'exit')) as [number | null]
  if (result === undefined) {
    counts.failed++
    console.error(
      `FAILED: a process ended with ${code ?? 'a signal'} before it reported the results of ${batch.join(' ')}`,
    )
    return
  }
  counts.passed += result.passed
  counts.skipped += result.skipped
  counts.failed += result.failures.length
  for (const { file, name, cause } of result.failures)
    console.error(`FAILED ${file.replace(`${ROOT}/`, '')}: ${name}\n${cause}`)
}

async function worker(): Promise<void> {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await runBatch(batch)
}
await Promise.all(Array.from({ length: processes }, worker))

const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(
  `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped, ${files.length} files in ${seconds} s`,
)
process.exitCode = counts.failed > 0 || counts.passed === 0 ? 1 : 0
