import { readFileSync } from 'node:fs'
import type { Supervised } from '../supervise.ts'

/** A broker reads its whole store before it answers, which takes minutes for hundreds of GB. It is given up only when it has done
 * nothing for this long: to kill it would make it begin again. Milliseconds. */
const IDLE_MS = 120_000
/** Of this much work it counts as busy: octets read or written, or ticks of CPU time (10 ms each). */
const MIN_OCTETS = 4 * 1024 * 1024
const MIN_TICKS = 50
const REPORT_MS = 30_000

/** What a process has done so far. */
export interface Work {
  octets: number
  ticks: number
}

export interface StartPatience {
  /** True when nothing has been done for too long. */
  over(): boolean
}

export function createStartPatience(
  running: Pick<Supervised, 'name' | 'pid'>[],
  say: (line: string) => void,
  { now = () => performance.now(), workOf = workOfProcess } = {},
): StartPatience {
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
    over() {
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

/** Undefined where the system does not say, as outside Linux: then only the time counts. */
function workOfProcess(pid: number): Work | undefined {
  try {
    const io = readFileSync(`/proc/${pid}/io`, 'utf8')
    const octets = [...io.matchAll(/^[rw]char: (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
    // The name of the program, in parentheses, may hold blanks; user and system time are the 12th and 13th field after it.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
    return { octets, ticks: Number(fields[11]) + Number(fields[12]) }
  } catch {
    return undefined
  }
}
