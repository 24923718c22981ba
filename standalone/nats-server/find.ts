import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Built when none new enough is found. */
export const BROKER_VERSION = '2.15.2'
/** Atomic cancelling of schedules came with 2.14. */
const OLDEST = [2, 14, 0]

/** There is no broker to start, and none can be built. */
export class NoBrokerError extends Error {
  override readonly name = 'NoBrokerError'
}

/** The path of a nats-server that is new enough: NATS_SERVER, else from PATH, else from the cache, else built with Go into the cache.
 * Throws NoBrokerError with what to do. `say` is called when a build begins, as that takes a minute or two. */
export async function findBroker(say: (line: string) => void = () => undefined): Promise<string> {
  const named = process.env['NATS_SERVER']
  if (named !== undefined && named !== '') {
    if (await newEnough(named)) return named
    throw new NoBrokerError(`NATS_SERVER=${named} is not a nats-server of version ${OLDEST.join('.')} or newer`)
  }
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const candidate = join(folder, 'nats-server')
    if (existsSync(candidate) && (await newEnough(candidate))) return candidate
  }
  const cached = join(cacheFolder(), 'bin', `nats-server-${BROKER_VERSION}`)
  if (!existsSync(cached)) await build(cached, say)
  return cached
}

function cacheFolder(): string {
  return process.env['POSTRIDER_CACHE'] ?? join(import.meta.dirname, '..', '..', '.cache')
}

async function newEnough(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ['--version'])
    const found = /v(\d+)\.(\d+)\.(\d+)/.exec(stdout)?.slice(1).map(Number) ?? []
    for (const [place, wanted] of OLDEST.entries()) {
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
      `nats-server ${OLDEST.join('.')} or newer was not found ${why}; install nats-server (or Go 1.25 or newer), or set NATS_SERVER to its path`,
      { cause },
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
