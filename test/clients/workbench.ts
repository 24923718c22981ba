import { execFile, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from '../support/ports.ts'
import { fillIn } from './guide.ts'
import type { Guide, Values, Way } from './guide.ts'
import type { Library } from './libraries.ts'
import { poll } from '../support/eventually.ts'

/** A client is ended when it takes longer; the Go and Java compilers are part of it. */
const MAX_MS = 120_000
const ROOT = join(import.meta.dirname, '..', '..')
const GO_CACHE = process.env['GOCACHE'] ?? join(ROOT, '.cache', 'go', 'build')

export interface Outcome {
  /** Exit code; undefined when it was ended by a signal. */
  code: number | undefined
  output: string
}

/** A folder with the files of a guide and what its library needs, as its reader's would be. */
export interface Workbench {
  /** Runs one way, with the guide's own words for trusting a CA before it or without them. */
  send(way: Way, values: Values, trusting: boolean): Promise<Outcome>
  version(): Promise<string>
  remove(): void
}

/** Makes the folder; its files get their values with each run. */
export function workbench(guide: Guide, library: Library, links: Record<string, string>): Workbench {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-client-'))
  if (library.project !== undefined) {
    cpSync(join(import.meta.dirname, 'projects', library.project), folder, { recursive: true })
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name))
  const path = [...(library.path ?? []).map((name) => join(folder, name)), join(ROOT, 'node_modules', '.bin')]
  // Only what the guide names may make a client trust the CA. Some programs cut what they print to the terminal's width.
  const own = { NODE_EXTRA_CA_CERTS: undefined, SSL_CERT_FILE: undefined, HOME: folder, COLUMNS: '1000' }
  const env = { ...process.env, ...own, PATH: [...path, process.env['PATH']].join(delimiter), GOCACHE: GO_CACHE }
  const shell = { cwd: folder, env }

  return {
    async send(way, values, trusting) {
      for (const [name, text] of Object.entries(guide.files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        rmSync(join(folder, name), { force: true })
        writeFileSync(join(folder, name), fillIn(text, values))
      }
      for (const left of ['truststore.jks', 'php.d']) rmSync(join(folder, left), { recursive: true, force: true })
      const script = fillIn(`set -e\n${trusting ? guide.trust : ''}${way.script}`, values)
      if (library.service === undefined || guide.request === undefined) return once(script, shell)
      return ask(script, guide.request, library.service, shell)
    },
    version: async () => (await once(library.version, shell)).output.trim().replaceAll('\n', ' '),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

interface Shell {
  cwd: string
  env: NodeJS.ProcessEnv
}

function once(script: string, shell: Shell): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile('sh', ['-c', script], { ...shell, timeout: MAX_MS }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? undefined, output: stdout + stderr }),
    )
  })
}

/** Starts a service, asks it once, and ends it. */
async function ask(script: string, request: string, url: string, shell: Shell): Promise<Outcome> {
  const port = String(await freePort())
  const env = { ...shell.env, PORT: port }
  const lastLine = script.trimEnd().lastIndexOf('\n')
  // The service takes the shell's place, so that the signal that ends it reaches it.
  const service = spawn('sh', ['-c', `${script.slice(0, lastLine)}\nexec ${script.slice(lastLine + 1)}`], {
    ...shell,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [service.stdout, service.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  }
  const ended = new Promise((resolve) => service.once('exit', resolve))
  try {
    await answers(url.replace('PORT', port), () => service.exitCode !== null)
    const asked = await once(request, { ...shell, env })
    // What went wrong is reported in the answer.
    const refused = !/^200$/m.test(asked.output)
    return { code: asked.code === 0 && refused ? 1 : asked.code, output: asked.output + output }
  } finally {
    service.kill('SIGTERM')
    await ended
  }
}

async function answers(url: string, over: () => boolean): Promise<void> {
  const isListening = (): Promise<boolean> =>
    fetch(url).then(
      () => true,
      () => false,
    )
  await poll(isListening, (listening) => listening || over(), { withinMs: MAX_MS })
}
