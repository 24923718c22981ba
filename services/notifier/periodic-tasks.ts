import { setTimeout as pause } from 'node:timers/promises'
import { BackOff } from './back-off.ts'

/** Tasks by name, in the order in which they run. */
export type Tasks = Record<string, () => unknown>

export interface PeriodicTaskOptions {
  /** Pause between two rounds. Milliseconds. */
  everyMs: number
  /** Returns the tasks of the next round. */
  tasks: () => Tasks
  failed: (task: string, error: unknown) => void
}

/** Runs the tasks periodically, one after the other. A task that fails waits longer each time, without delaying the others. Returns a
 * function that stops after the current round. */
export function startPeriodicTasks({ everyMs, tasks, failed }: PeriodicTaskOptions): () => Promise<void> {
  const stopping = new AbortController()
  const backOff = new BackOff()
  const runAll = async (): Promise<void> => {
    for (const [name, run] of Object.entries(tasks())) {
      if (!backOff.isDue(name)) continue
      try {
        await run()
        backOff.done(name)
      } catch (error) {
        backOff.failed(name)
        failed(name, error)
      }
    }
  }
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await runAll()
      await pause(everyMs)
    }
  })()
  return () => {
    stopping.abort()
    return running
  }
}
