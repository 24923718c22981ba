import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import process from 'node:process'
import { finished } from 'node:stream/promises'
import { run } from 'node:test'
import { testFiles } from '../files.ts'
import { byPackage, isMeasured } from './by-package.ts'

/** `make coverage`: lines that the tests beside the code reach, or the test files given. Services that a test starts are counted as well,
 * as long as they end by themselves: one that is killed writes nothing down. */
const ROOT = join(import.meta.dirname, '..', '..')
const given = process.argv.slice(2)
const files = given.length > 0 ? given : (await testFiles(ROOT)).filter((file) => !file.startsWith('test/'))

let failed = 0
const events = run({
  files: files.map((file) => join(ROOT, file)),
  concurrency: availableParallelism(),
  timeout: 600_000,
  coverage: true,
  coverageExcludeGlobs: ['**/*.test.ts', 'test/**', 'node_modules/**'],
})
events.on('test:fail', ({ name, file, details }) => {
  if (details.type === 'suite') return
  failed++
  console.error(`FAILED ${file ?? ''}: ${name}`)
})
events.on('test:coverage', ({ summary }) => {
  const loaded = summary.files.map(({ path, totalLineCount, coveredLineCount }) => {
    return { path: relative(ROOT, path), lines: totalLineCount, covered: coveredLineCount }
  })
  const paths = new Set(loaded.map(({ path }) => path))
  // What no test loads counts as well, with nothing covered.
  const others = globSync('{lib,services,operator,standalone,cli}/**/*.ts', {
    cwd: ROOT,
    exclude: ['**/node_modules/**'],
  })
    .filter((path) => !paths.has(path))
    .map((path) => ({ path, lines: readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1, covered: 0 }))
  for (const row of byPackage([...loaded, ...others].filter(({ path }) => isMeasured(path)))) console.log(row)
})
await finished(events.resume())
process.exitCode = failed === 0 ? 0 : 1
