import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, copyFileSync, openSync, rmSync, statSync, truncateSync } from 'node:fs'

/** A program that is kept running. */
export interface Program {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  /** Output goes here; cut when it grows large. */
  logFile: string
  /** The signal that asks it to finish what it has in hand. */
  stopSignal?: NodeJS.Signals
  /** How long it may take to finish, asked when it is stopped; then it is killed. Milliseconds. */
  graceMs: () => number
}

export interface Supervised {
  readonly name: string
  readonly pid: number | undefined
  readonly restarts: number
  /** Asks the program to end; it is started again like one that ended by itself. */
  restart(): void
  /** Asks the program to end and waits; kills it when its grace is over. */
  stop(): Promise<void>
}

export interface SuperviseOptions {
  /** Called at each start and at each unrequested end. */
  onStart?: (name: string, pid: number) => void
  onExit?: (name: string, code: number | null, signal: string | null, restartInMs: number) => void
}

const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 10_000
/** A program that ran this long starts over with the first delay. */
const STEADY_MS = 20_000
const LOG_BYTES = 64 * 1024 * 1024

/** Starts a program and starts it again whenever it ends, with a delay that doubles while it keeps ending. */
export function supervise(program: Program, options: SuperviseOptions = {}): Supervised {
  let child: ChildProcess | undefined
  let stopping = false
  let delay = FIRST_DELAY_MS
  let restarts = 0
  let timer: NodeJS.Timeout | undefined
  let ended: () => void = () => undefined

  const start = (): void => {
    const startedAt = Date.now()
    const log = openLog(program.logFile)
    const running = spawn(program.command, program.args, {
      env: { ...process.env, ...program.env },
      // Its own group: a Ctrl-C in the terminal reaches only the supervisor, which ends the programs in order.
      detached: true,
      stdio: ['ignore', log, log],
    })
    if (typeof log === 'number') closeSync(log)
    child = running
    if (running.pid !== undefined) options.onStart?.(program.name, running.pid)
    const over = (code: number | null, signal: string | null): void => {
      child = undefined
      if (stopping) return ended()
      if (Date.now() - startedAt > STEADY_MS) delay = FIRST_DELAY_MS
      options.onExit?.(program.name, code, signal, delay)
      restarts++
      timer = setTimeout(start, delay)
      delay = Math.min(delay * 2, MAX_DELAY_MS)
    }
    running.once('exit', over)
    running.once('error', () => over(null, null))
  }
  start()
  const cutting = setInterval(() => cutLog(program.logFile), 60_000)
  cutting.unref()

  return {
    name: program.name,
    get pid() {
      return child?.pid
    },
    get restarts() {
      return restarts
    },
    restart() {
      const running = child
      if (running === undefined || stopping) return
      running.kill(program.stopSignal ?? 'SIGTERM')
      setTimeout(() => {
        if (child === running) running.kill('SIGKILL')
      }, program.graceMs()).unref()
    },
    async stop() {
      stopping = true
      clearTimeout(timer)
      clearInterval(cutting)
      const running = child
      if (running === undefined) return
      const gone = new Promise<void>((resolve) => (ended = resolve))
      running.kill(program.stopSignal ?? 'SIGTERM')
      const force = setTimeout(() => running.kill('SIGKILL'), program.graceMs())
      await gone
      clearTimeout(force)
    },
  }
}

/** The last started first, and those of one kind (`delivery-0`, `delivery-1`) at once, so that the slowest alone is waited for. Pure. */
export function stopOrder<T extends { name: string }>(started: readonly T[]): T[][] {
  return [...Map.groupBy(started.toReversed(), ({ name }) => name.replace(/-\d+$/, '')).values()]
}

/** A program is more than its log: without room for a new file it runs without one. */
function openLog(file: string): number | 'ignore' {
  try {
    return openSync(file, 'a')
  } catch {
    return 'ignore'
  }
}

/** Keeps one older log: the file is copied and cut, since the program goes on writing to its end. */
function cutLog(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES) return
  try {
    copyFileSync(file, `${file}.1`)
  } catch {
    // No room for the older one: cutting makes some.
    rmSync(`${file}.1`, { force: true })
  }
  truncateSync(file)
}
