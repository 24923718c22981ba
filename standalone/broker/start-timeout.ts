import { readFileSync } from 'node:fs'
import type { Supervised } from '../supervise.ts'

/** How long a starting broker may do nothing. It reads its whole store before it answers, which takes minutes for hundreds of GB; a broker
 * that is killed meanwhile starts reading from the beginning. Milliseconds. */
const IDLE_MS = 120_000
/** Work after which the broker counts as busy: octets read or written, or ticks of CPU time (10 ms each). */
const MIN_OCTETS = 4 * 1024 * 1024
const MIN_TICKS = 50
/** Interval of progress messages. Milliseconds. */
const REPORT_MS = 30_000

/** The work that a process has done so far. */
export interface Work {
  octets: number
  ticks: number
}

export interface StartTimeout {
  /** True if the processes have been idle for too long. Call it repeatedly while waiting. */
  expired(): boolean
}

/** Creates the timeout for the start of the broker's processes, which expires only while they are idle. `say` gets progress messages; `now`
 * in milliseconds. */
export function createStartTimeout(
  running: Pick<Supervised, 'name' | 'pid'>[],
  say: (line: string) => void,
  { now = () => performance.now(), workOf = workOfProcess } = {},
): StartTimeout {
  const startedAt = now()
  let busyAt = startedAt
  let reportedAt = startedAt
  let before = total()

  function total(): Work {
    const works = running.map(({ pid }) => (pid === undefined ? undefined : workOf(pid)))
    return {
      octets: works.reduce((sum, work) => sum + (work?.octets ?? 0), 0),
      ticks: works.reduce((sum, work) => sum + (work?.ticks ?? 0), 0),
    }
  }

  return {
    expired() {
      const work = total()
      if (work.octets - before.octets >= MIN_OCTETS || work.ticks - before.ticks >= MIN_TICKS) {
        busyAt = now()
        before = work
      }
      if (now() - reportedAt >= REPORT_MS) {
        reportedAt = now()
        say(`the broker is not ready yet; it is reading its store (${Math.round((now() - startedAt) / 1000)} s so far)`)
      }
      return now() - busyAt > IDLE_MS
    },
  }
}

/** The work of a process, from /proc. Undefined if that is not available, as outside Linux: then only the time counts. */
function workOfProcess(pid: number): Work | undefined {
  try {
    const io = readFileSync(`/proc/${pid}/io`, 'utf8')
    const octets = [...io.matchAll(/^[rw]char: (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
    // The program's name, in parentheses, may contain spaces; user and system time are the 12th and 13th fields after it (proc(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return { octets, ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined
  }
}
