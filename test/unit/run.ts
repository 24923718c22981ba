import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { BatchResult } from './batch.ts'
import { batchesOf } from './batches.ts'

const ROOT = join(import.meta.dirname, '..', '..')

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/** Runs unit test files, relative to the root of the repository, in one process for each core. Prints each failure. A test that would leave
 * its process fails (guard.ts). */
export async function runUnitTests(files: string[]): Promise<Counts> {
  const processes = availableParallelism()
  const batches = batchesOf(
    files.map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') })),
    processes,
  )
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
  async function worker(): Promise<void> {
    for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await runBatch(batch, counts)
  }
  await Promise.all(Array.from({ length: processes }, worker))
  return counts
}

async function runBatch(batch: string[], counts: Counts): Promise<void> {
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
