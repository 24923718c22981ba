import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '..', '..')
const FOLDERS = ['lib', 'services', 'operator', 'standalone', 'cli']
const DEPCRUISE = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs')

/** A file to plant, its one line, and the rule of .dependency-cruiser.js that it breaks. */
const VIOLATIONS: { file: string; line: string; rule?: string }[] = [
  { file: 'lib/retry/planted-a.ts', line: "import './planted-b.ts'", rule: 'no-cycle' },
  // A cycle is reported once, for one of its files.
  { file: 'lib/retry/planted-b.ts', line: "import './planted-a.ts'" },
  { file: 'lib/mail/planted.ts', line: "import '../../services/delivery/deliver.ts'", rule: 'lib-imports-lib-only' },
  { file: 'lib/plan/planted.ts', line: "import '../../test/files.ts'", rule: 'lib-imports-lib-only' },
  { file: 'lib/queue/planted.ts', line: "import '../mail/address.ts'", rule: 'by-the-front-door' },
  {
    file: 'services/ingress/planted.ts',
    line: "import '../delivery/deliver.ts'",
    rule: 'a-service-imports-lib-only',
  },
  { file: 'services/notifier/planted.ts', line: "import '../../test/files.ts'", rule: 'a-service-imports-lib-only' },
  {
    file: 'services/delivery/planted.ts',
    line: "import '../../lib/mail/address.ts'",
    rule: 'by-the-front-door-of-lib',
  },
  { file: 'operator/planted.ts', line: "import '../standalone/up.ts'", rule: 'a-provider-imports-lib-only' },
  { file: 'cli/planted.ts', line: "import '../services/delivery/deliver.ts'", rule: 'the-cli-imports-no-service' },
  { file: 'cli/planted-test.ts', line: "import '../test/files.ts'", rule: 'the-cli-imports-no-service' },
  { file: 'lib/tls/planted.test.ts', line: "import '../../test/files.ts'", rule: 'tests-of-a-package-stay-in-it' },
  { file: 'lib/tls/planted.ts', line: "import './no-such-file.ts'", rule: 'resolvable' },
]

test('the lint of boundaries finds a violation of each kind, and each rule has one', async (t) => {
  const copy = mkdtempSync(join(tmpdir(), 'postrider-boundaries-'))
  t.after(() => rmSync(copy, { recursive: true }))
  copyRepository(copy)
  for (const { file, line } of VIOLATIONS) writeFileSync(join(copy, file), `${line}\n`)

  const { summary } = JSON.parse(await cruise(copy)) as { summary: Summary }
  const found = summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`)
  const wanted = VIOLATIONS.flatMap(({ file, rule }) => (rule === undefined ? [] : [`${file}: ${rule}`]))
  assert.deepEqual([...new Set(found)].sort(), wanted.sort())
  const rules = new Set(summary.ruleSetUsed.forbidden.map(({ name }) => name))
  assert.deepEqual(rules, new Set(VIOLATIONS.flatMap(({ rule }) => rule ?? [])))
})

/** What this test reads of the report of dependency-cruiser. */
interface Summary {
  violations: { from: string; rule: { name: string } }[]
  ruleSetUsed: { forbidden: { name: string }[] }
}

/** The production code with packages that lead to the copy, and no tests: they take most of the time and are linted by `make check`. */
function copyRepository(copy: string): void {
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.js', 'test/files.ts', ...FOLDERS])
    cpSync(join(ROOT, name), join(copy, name), {
      recursive: true,
      filter: (source) => !source.endsWith('.test.ts') && !source.includes('node_modules', ROOT.length),
    })
  const modules = join(ROOT, 'node_modules')
  for (const name of readdirSync(modules).filter((name) => name !== '@postrider')) link(modules, copy, name)
  for (const folder of ['lib', 'services'])
    for (const name of readdirSync(join(copy, folder)))
      link(join(copy, folder), copy, name, join('@postrider', name))
  for (const name of ['operator', 'standalone', 'cli']) link(copy, copy, name, join('@postrider', name))
}

function link(from: string, copy: string, name: string, as = name): void {
  const path = join(copy, 'node_modules', as)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(join(from, name), path)
}

/** The exit code is the number of violations. */
const cruise = (cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const args = [DEPCRUISE, '--output-type', 'json', ...FOLDERS]
    execFile(process.execPath, args, { cwd, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error !== null && stdout === '') reject(new Error(stderr, { cause: error }))
      else resolve(stdout)
    })
  })
