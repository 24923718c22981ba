import { readdirSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { eventually } from './eventually.ts'

/** Stops a process with SIGSTOP and waits until each of its threads stands still: one of them has to take the signal first, and on a busy
 * machine the others work on for some milliseconds. SIGCONT lets it go on. */
export async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await eventually(() => {
    const working = readdirSync(`/proc/${pid}/task`).filter((thread) => stateOf(pid, thread) !== 'T')
    if (working.length > 0) throw new Error(`${working.length} threads of process ${pid} still run`)
  }, 10_000)
}

/** Its letter in proc(5); it follows the program's name, which stands in parentheses and may hold blanks. */
const stateOf = (pid: number, thread: string): string | undefined =>
  readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)?.charAt(0)
