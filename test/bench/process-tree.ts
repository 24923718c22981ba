import { readFileSync, readdirSync } from 'node:fs'

/** USER_HZ of /proc: 100 on every Linux that Node runs on. */
const TICKS_A_SECOND = 100
const PAGE = 4096

interface Stat {
  parent: number
  /** Ticks in user and kernel mode, of itself and of the children that ended and were waited for. */
  ticks: number
  userTicks: number
  kernelTicks: number
  rssPages: number
}

export interface Usage {
  userMs: number
  kernelMs: number
}

/** The processes under some roots: CPU they used and memory they hold. */
export class ProcessTree {
  readonly #roots: readonly number[]

  constructor(roots: readonly number[]) {
    this.#roots = roots
  }

  /** Seconds of CPU used by all processes of the tree so far, those that ended included. */
  cpuSeconds(): number {
    return this.#members().reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_A_SECOND
  }

  /** Milliseconds of CPU by program, in user and in kernel mode: where the time goes. */
  byProgram(): Map<string, Usage> {
    const programs = new Map<string, Usage>()
    for (const { pid, userTicks, kernelTicks } of this.#members()) {
      const name = programOf(pid)
      const { userMs, kernelMs } = programs.get(name) ?? { userMs: 0, kernelMs: 0 }
      const tickMs = 1000 / TICKS_A_SECOND
      programs.set(name, { userMs: userMs + userTicks * tickMs, kernelMs: kernelMs + kernelTicks * tickMs })
    }
    return programs
  }

  /** Octets of resident memory, summed. What processes share counts for each of them. */
  rss(): number {
    return this.#members().reduce((sum, { rssPages }) => sum + rssPages * PAGE, 0)
  }

  /** Octets of resident memory, a shared page divided among those that share it. */
  pss(): number {
    return this.#members().reduce((sum, { pid }) => sum + pssOf(pid), 0)
  }

  count(): number {
    return this.#members().length
  }

  #members(): (Stat & { pid: number })[] {
    const all = new Map<number, Stat>()
    for (const name of readdirSync('/proc')) {
      const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined
      if (stat !== undefined) all.set(Number(name), stat)
    }
    const belongs = (pid: number): boolean => {
      for (let at = pid; at > 1; at = all.get(at)?.parent ?? 0) if (this.#roots.includes(at)) return true
      return false
    }
    return [...all].filter(([pid]) => belongs(pid)).map(([pid, stat]) => ({ pid, ...stat }))
  }
}

/** proc(5). The name in parentheses may hold anything, so the fields are counted from its end. */
function readStat(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`)
  if (text === '') return undefined
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  // Field 4 is ppid; 14 to 17 utime, stime, cutime, cstime; 24 rss. Field 3 is the first here.
  const field = (number: number): number => fields[number - 3] ?? 0
  const userTicks = field(14) + field(16)
  const kernelTicks = field(15) + field(17)
  return { parent: field(4), ticks: userTicks + kernelTicks, userTicks, kernelTicks, rssPages: field(24) }
}

/** A service by its folder, anything else by its executable. */
function programOf(pid: number): string {
  const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')
  return /services\/(\w+)\/main/.exec(command)?.[1] ?? command.split(' ')[0]?.split('/').at(-1) ?? '?'
}

export function parentOf(pid: number): number {
  return readStat(pid)?.parent ?? 0
}

function pssOf(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // It ended in the meantime.
    return ''
  }
}
