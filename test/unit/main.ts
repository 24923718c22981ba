import { join } from 'node:path'
import process from 'node:process'
import { unitTestFiles } from './files.ts'
import { runUnitTests } from './run.ts'

/** `make unit`: the tests beside the code that need nothing but Node. */
const ROOT = join(import.meta.dirname, '..', '..')
const startedAt = performance.now()
// Most of a small file's time is the compilation of what it imports.
process.env['NODE_COMPILE_CACHE'] ??= join(ROOT, '.cache', 'compiled')

const files = await unitTestFiles(ROOT)
const { passed, failed, skipped } = await runUnitTests(files)
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped, ${files.length} files in ${seconds} s`)
process.exitCode = failed > 0 || passed === 0 ? 1 : 0
