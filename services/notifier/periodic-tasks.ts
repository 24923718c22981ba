import { setTimeout as pause } from 'node:timers/promises'
import { BackOff } from './back-off.ts'

/** Work that is looked at again and again. */
export type Tasks = Record<string, () => unknown>

export interface PeriodicTaskOptions {
  everyMs: number
  /** The work of this turn, in its order. */
  tasks: () => Tasks
  failed: (task: string, error: unknown) => void
}

/** Does each piece of work in turn. One that fails waits longer each time; the others go on. Resolves with how to stop. */
export function startPeriodicTasks({ everyMs, tasks, failed }: PeriodicTaskOptions): () => Promise<void> {
  const stopping = new AbortController()
  const backOff = new BackOff()
  const turn = async (): Promise<void> => {
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
      await turn()
      await pause(everyMs)
    }
  })()
  return () => {
    stopping.abort()
    return running
  }
}
