/** Too many wait already; the client is to come back. */
export class TooManyLoginsError extends Error {
  override readonly name = 'TooManyLoginsError'
}

/** Who asks for a turn. */
export interface Asker {
  /** Askers take turns one after the other, however many tasks each has: a network, say. */
  key: string
  /** Goes before all that are not. */
  first: boolean
}

/** Runs a task when it is its turn; rejects with TooManyLoginsError when the line is full, or the asker's own share of it. */
export type FairQueue = <T>(task: () => Promise<T>, asker?: Asker) => Promise<T>

const ANYBODY: Asker = { key: '', first: false }

/** At most `running` tasks at once, at most `waiting` others, `share` of them of one asker. An asker's tasks run in the order in
 * which they came; among askers the turn goes round, so that one with many does not keep out one with few. */
export function createFairQueue(running: number, waiting: number, share = waiting): FairQueue {
  const lines = { first: new Line(), others: new Line() }
  let free = running

  return async (task, { key, first } = ANYBODY) => {
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
      // A place is handed over, not freed: who comes in between would make one too many.
      const next = lines.first.shift() ?? lines.others.shift()
      if (next === undefined) free++
      else next()
    }
  }
}

/** Those who wait, by asker. A Map keeps the order of insertion: who has had a turn is put at its end. */
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
