import process from 'node:process'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { inspect } from 'node:util'

/** What the parent hears when all tests of a batch have run. */
export interface BatchResult {
  passed: number
  skipped: number
  failures: { file: string; name: string; cause: string }[]
}

/** Runs the given test files in this process, one after the other: they share what they import (main.ts). */
const result: BatchResult = { passed: 0, skipped: 0, failures: [] }
const events = run({ files: process.argv.slice(2), isolation: 'none', timeout: 60_000 })
events.on('test:pass', ({ skip, details }) => {
  if (details.type !== 'suite') result[skip === undefined || skip === false ? 'passed' : 'skipped']++
})
events.on('test:fail', ({ name, details, file = '' }) => {
  if (details.type !== 'suite') result.failures.push({ file, name, cause: inspect(details.error.cause) })
})
await finished(events.resume())
process.send?.(result)
process.disconnect()
