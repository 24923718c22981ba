/** Too many logins are already waiting; the client must try again later. */
export class TooManyLoginsError extends Error {
  override readonly name = 'TooManyLoginsError'
}

/** Identifies who runs a task. */
export interface Asker {
  /** Askers take turns, however many tasks each has; for example, a network. */
  key: string
  /** Goes before all askers without this flag. */
  first: boolean
}

/** Runs a task when it is its turn. Rejects with TooManyLoginsError when the line, or the asker's share of it, is full. */
export type FairQueue = <T>(task: () => Promise<T>, asker?: Asker) => Promise<T>

const DEFAULT_ASKER: Asker = { key: '', first: false }

/** Creates a queue with at most `running` concurrent tasks and at most `waiting` others, of which one asker may have `share`. The tasks
 * of an asker run in the order of their arrival; askers are served in rotation, so that one with many tasks does not delay one with
 * few. */
export function createFairQueue(running: number, waiting: number, share = waiting): FairQueue {
  const lines = { first: new Line(), others: new Line() }
  let free = running

  return async (task, { key, first } = DEFAULT_ASKER) => {
    if (free > 0) {
      free--
    } else {
      const line = first ? lines.first : lines.others
      const all = lines.first.size + lines.others.size
      if (all >= waiting || line.sizeOf(key) >= share) throw new TooManyLoginsError(`${all} others are already waiting`)
      await new Promise<void>((resolve) => line.push(key, resolve))
    }
    try {
      return await task()
    } finally {
      // The place is handed over, not freed, so that a task that arrives in between does not exceed the limit.
      const next = lines.first.shift() ?? lines.others.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

/** Waiting tasks, by asker. A Map keeps the order of insertion, so an asker that was served is moved to its end. */
class Line {
  readonly #byAsker = new Map<string, (() => void)[]>()
  size = 0

  sizeOf(key: string): number {
    return this.#byAsker.get(key)?.length ?? 0
  }

  push(key: string, go: () => void): void {
    const waiting = this.#byAsker.get(key)
    if (waiting === undefined) this.#byAsker.set(key, [go])
    else waiting.push(go)
    this.size++
  }

  shift(): (() => void) | undefined {
    const next = this.#byAsker.entries().next()
    if (next.done) return undefined
    const [key, waiting] = next.value
    const go = waiting.shift()
    this.#byAsker.delete(key)
    if (waiting.length > 0) this.#byAsker.set(key, waiting)
    this.size--
    return go
  }
}
