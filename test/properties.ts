/** Runs each property with many seeds: `make properties SEEDS=1000`. A property that fails prints its seed and the path to its
 * counterexample, and `SEED=<seed> make properties` repeats that seed alone.
 *
 *     node test/properties.ts [--seeds N] [FILE...] */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { isRun } from './files.ts'

const ROOT = join(import.meta.dirname, '..')
const { values, positionals } = parseArgs({
  options: { seeds: { type: 'string', default: '1000' } },
  allowPositionals: true,
})
const files =
  positionals.length > 0
    ? positionals
    : execFileSync('git', ['grep', '-l', '--', "from 'fast-check'", '*.test.ts'], { cwd: ROOT })
        .toString()
        .trim()
        .split('\n')
        .filter(isRun)
const first = Number(process.env['SEED'] ?? 1)
const count = process.env['SEED'] === undefined ? Number(values.seeds) : 1

const failed: string[] = []
for (const file of files) {
  const startedAt = performance.now()
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'property-seeds.ts')], {
    cwd: ROOT,
    env: { ...process.env, PROPERTY_FILE: file, FIRST_SEED: String(first), SEED_COUNT: String(count) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => lines.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.log(`${file}: ${count} seeds, ${seconds} s, ${code === 0 ? 'passed' : 'FAILED'}`)
  if (code === 0) continue
  failed.push(file)
  console.log(Buffer.concat(lines).toString().split('\n').slice(-200).join('\n'))
}
console.log(`${files.length - failed.length} passed, ${failed.length} failed, 0 skipped`)
process.exit(failed.length === 0 ? 0 : 1)
