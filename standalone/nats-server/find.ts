import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** The version that is built if no installed one is recent enough. */
export const BROKER_VERSION = '2.15.2'
/** Schedules can be cancelled atomically since 2.14. */
const MIN_VERSION = [2, 14, 0]

/** No nats-server was found, and none can be built. */
export class NoBrokerError extends Error {
  override readonly name = 'NoBrokerError'
}

/** The path of a nats-server of at least MIN_VERSION: from NATS_SERVER, from PATH, from the cache, or built with Go into the cache, in
 * this order. `say` gets a message when a build begins, which takes a minute or two. Rejects with NoBrokerError, whose text says how to
 * fix it. */
export async function findBroker(say: (line: string) => void = () => undefined): Promise<string> {
  const named = process.env['NATS_SERVER']
  if (named !== undefined && named !== '') {
    if (await isRecent(named)) return named
    throw new NoBrokerError(`NATS_SERVER=${named} is not a nats-server of version ${MIN_VERSION.join('.')} or newer`)
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'nats-server')
    if (existsSync(candidate) && (await isRecent(candidate))) return candidate
  }
  const cached = join(cacheFolder(), 'bin', `nats-server-${BROKER_VERSION}`)
  if (!existsSync(cached)) await build(cached, say)
  return cached
}

function cacheFolder(): string {
  return process.env['POSTRIDER_CACHE'] ?? join(import.meta.dirname, '..', '..', '.cache')
}

async function isRecent(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ['--version'])
    const found = /v(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? []
    for (const [place, wanted] of MIN_VERSION.entries()) {
      const have = found[place] ?? -1
      if (have !== wanted) return have > wanted
    }
    return true
  } catch {
    return false
  }
}

async function build(target: string, say: (line: string) => void): Promise<void> {
  say(`building nats-server ${BROKER_VERSION} with Go (once; a minute or two)`)
  const folder = `${target}.building-${process.pid}`
  await mkdir(folder, { recursive: true })
  try {
    await run('go', ['install', `github.com/nats-io/nats-server/v2@v${BROKER_VERSION}`], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' },
      maxBuffer: 1 << 24,
    })
    await rename(join(folder, 'nats-server'), target)
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const why = missing ? 'and Go is not installed to build it' : 'and building it with Go failed'
    throw new NoBrokerError(
      `nats-server ${MIN_VERSION.join('.')} or newer was not found ${why}; install nats-server (or Go 1.25 or newer), or set NATS_SERVER to its path`,
      { cause },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
