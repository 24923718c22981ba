import { spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Verdict } from './verdict.ts'

const ROOT = join(import.meta.dirname, '..', '..')

/** A mistake that the rounds must find. */
export interface Mistake {
  name: string
  file: string
  /** Must be in the file, once. */
  snippet: string
  instead: string
  /** Arguments of the rounds that bring it out. */
  args: string[]
  /** Checks of which one at least must fail. */
  found: string[]
}

export const MISTAKES: Mistake[] = [
  {
    name: 'store-before-250',
    file: 'services/ingress/message/accept.ts',
    snippet: ': acceptor.store(envelope, content, signal)',
    instead: ': (void acceptor.store(envelope, content, signal).catch(() => undefined), Promise.resolve())',
    args: ['--rounds', '4', '--targets', 'ingress,broker'],
    found: ['nothing lost'],
  },
  {
    name: 'event-before-ack',
    file: 'services/delivery/outcome/settle.ts',
    snippet: 'await events.append(event)\n  settled.note(key)',
    instead: 'taken.ack()\n  await events.append(event)\n  settled.note(key)',
    args: ['--rounds', '6', '--targets', 'delivery', '--later', '0.5'],
    found: ['nothing lost', 'log complete'],
  },
  {
    name: 'suspects-looked-up',
    file: 'services/delivery/deliver.ts',
    snippet: 'const doubtful = taken.suspect || taken.job.again === true',
    instead: 'const doubtful = false',
    args: ['--rounds', '4', '--targets', 'broker,delivery+broker', '--slow', '0'],
    found: ['nothing sent again', 'duplicates explained'],
  },
  {
    name: 'lease-never-ends',
    file: 'lib/queue/lease.ts',
    snippet: 'if (age >= EXPIRED_MS) this.#lost = true',
    instead: 'if (age < 0) this.#lost = true',
    args: ['--rounds', '2', '--targets', 'delivery:stall', '--slow', '0'],
    found: ['nothing sent again', 'duplicates explained'],
  },
]

/** Makes the mistake in a copy of the source, runs rounds there, and tells whether they found it. */
export async function findsMistake(mistake: Mistake, say: (line: string) => void): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-broken-'))
  try {
    copySource(folder)
    replaceOnce(join(folder, mistake.file), mistake.snippet, mistake.instead)
    const verdict = await runThere(folder, mistake.args, say)
    for (const { name, passed, detail } of verdict.checks) if (!passed) say(`  red: ${name}: ${detail}`)
    return verdict.checks.some(({ name, passed }) => !passed && mistake.found.includes(name))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** All that a platform and the campaign import. */
const COPIED = ['lib', 'services', 'standalone', 'operator', 'cli', 'test', 'package.json']

/** Packages of others are linked; those of the workspace are linked again, to the copy. */
function copySource(folder: string): void {
  const filter = (source: string) => basename(source) !== 'node_modules'
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter })
  const modules = join(ROOT, 'node_modules')
  mkdirSync(join(folder, 'node_modules', '@postrider'), { recursive: true })
  for (const name of readdirSync(modules))
    if (name !== '@postrider') symlinkSync(join(modules, name), join(folder, 'node_modules', name))
  for (const name of readdirSync(join(modules, '@postrider'))) {
    const target = readlinkSync(join(modules, '@postrider', name))
    symlinkSync(target, join(folder, 'node_modules', '@postrider', name))
  }
}

function replaceOnce(file: string, snippet: string, instead: string): void {
  writeFileSync(file, replacedOnce(readFileSync(file, 'utf8'), snippet, instead))
}

/** Throws unless the text has the snippet exactly once. */
export function replacedOnce(text: string, snippet: string, instead: string): string {
  const parts = text.split(snippet)
  if (parts.length !== 2) throw new Error(`the snippet must be there once, not ${parts.length - 1} times: ${snippet}`)
  return parts.join(instead)
}

async function runThere(folder: string, args: string[], say: (line: string) => void): Promise<Verdict> {
  const result = join(folder, 'verdict.json')
  const main = join(folder, 'test', 'faults', 'main.ts')
  const child = spawn(process.execPath, [main, '--no-mistakes', '--json', result, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, POSTRIDER_CACHE: process.env['POSTRIDER_CACHE'] ?? join(ROOT, '.cache') },
  })
  createInterface({ input: child.stdout }).on('line', (line) => say(`  | ${line}`))
  await new Promise((resolve) => child.once('close', resolve))
  return JSON.parse(readFileSync(result, 'utf8')) as Verdict
}
