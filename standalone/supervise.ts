import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, copyFileSync, openSync, rmSync, statSync, truncateSync } from 'node:fs'

/** A program to keep running. */
export interface Program {
  name: string
  command: string
  args: string[]
  env?: Record<string, string>
  /** File for its output; truncated when it grows large. */
  logFile: string
  /** The signal that asks it to finish its current work and exit; default SIGTERM. */
  stopSignal?: NodeJS.Signals
  /** How long it may take to exit before it is killed; called when it is stopped. Milliseconds. */
  graceMs: () => number
}

export interface Supervised {
  readonly name: string
  readonly pid: number | undefined
  readonly restarts: number
  /** Asks the program to exit; it is started again like one that exited by itself. */
  restart(): void
  /** Asks the program to exit and waits for that; kills it after its grace period. */
  stop(): Promise<void>
}

export interface SuperviseOptions {
  /** Called at each start. */
  onStart?: (name: string, pid: number) => void
  /** Called at each exit except after `stop`. The delay until the next start is in milliseconds. */
  onExit?: (name: string, code: number | null, signal: string | null, restartInMs: number) => void
}

const FIRST_DELAY_MS = 200
const MAX_DELAY_MS = 10_000
/** After a run of this length, the next restart has the first delay again. Milliseconds. */
const STEADY_MS = 20_000
/** Size at which a log is truncated. Octets. */
const LOG_BYTES = 64 * 1024 * 1024

/** Starts a program and restarts it whenever it ends, with a delay that doubles while it keeps ending. */
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
      // In its own process group: Ctrl-C in the terminal reaches only the supervisor, which stops the programs in order.
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
  const rotating = setInterval(() => rotateLog(program.logFile), 60_000)
  rotating.unref()

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
      clearInterval(rotating)
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

/** The stop order: in reverse start order, with the processes of one service (`delivery-0`, `delivery-1`) in one group that stops in
 * parallel. Pure. */
export function stopOrder<T extends { name: string }>(started: readonly T[]): T[][] {
  return [...Map.groupBy(started.toReversed(), ({ name }) => name.replace(/-\d+$/, '')).values()]
}

/** Opens a log for appending. If that fails, as on a full disk, the program runs without a log. */
function openLog(file: string): number | 'ignore' {
  try {
    return openSync(file, 'a')
  } catch {
    return 'ignore'
  }
}

/** Rotates a large log and keeps one older copy. The file is copied and truncated, because the program keeps it open and appends to it. */
function rotateLog(file: string): void {
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES) return
  try {
    copyFileSync(file, `${file}.1`)
  } catch {
    // There is no room for the copy, so the older one is deleted as well.
    rmSync(`${file}.1`, { force: true })
  }
  truncateSync(file)
}
