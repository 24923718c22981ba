/** Too many wait already; the client is to come back. */
export class TooBusy extends Error {
  override readonly name = 'TooBusy'
}

/** Runs a task when it is its turn; rejects with TooBusy when the line is full. */
export type Turns = <T>(task: () => Promise<T>) => Promise<T>

/** At most `running` tasks at once, the others in the order in which they came, at most `waiting` of them. */
export function createTurns(running: number, waiting: number): Turns {
  const line: (() => void)[] = []
  let free = running
  return async (task) => {
    if (free > 0) {
      free--
    } else {
      if (line.length >= waiting) throw new TooBusy(`${waiting} others wait already`)
      await new Promise<void>((resolve) => line.push(resolve))
    }
    try {
      return await task()
    } finally {
      // A place is handed over, not freed: who comes in between would make one too many.
      const next = line.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
