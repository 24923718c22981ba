import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from './connection.ts'
import { writeFailure } from './write-failure.ts'

/** Between two tries of a write that the broker did not confirm: doubles from the first to the last. Milliseconds. */
const FIRST_PAUSE_MS = 200
const MAX_PAUSE_MS = 5000

/** What a patient write came to. */
export type Written = { done: true } | { refused: unknown }

/**
 * Repeats a write until the broker confirms it, or refuses it for what it is. The write must be idempotent, or say
 * what it writes differently when it is `repeated`: the broker may have stored it before.
 *
 * What is written so is an outcome that has happened: nothing is gained by giving up while the broker is away or full. The end of
 * the retries is the end of the connection: the error is thrown then.
 */
export async function writePatiently(
  broker: Pick<Broker, 'nc'>,
  write: (repeated: boolean) => Promise<unknown>,
): Promise<Written> {
  let repeated = false
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
    try {
      await write(repeated)
      return { done: true }
    } catch (error) {
      if (broker.nc.isClosed()) throw error
      if (writeFailure(error) === 'refused') return { refused: error }
      repeated = true
      await pause(pauseMs)
    }
  }
}
