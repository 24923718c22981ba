import { setTimeout as pause } from 'node:timers/promises'
import type { Broker } from './connection.ts'
import { writeFailure } from './write-failure.ts'

/** Pause between two attempts of a write that the broker did not confirm. Doubles from the first to the maximum. Milliseconds. */
const FIRST_PAUSE_MS = 200
const MAX_PAUSE_MS = 5000

/** The result of a patient write. */
export type Written = { done: true } | { refused: unknown }

/**
 * Repeats a write until the broker confirms it, or refuses it because of its content or size. The write must be idempotent, or mark what it
 * writes when it is `repeated`, since the broker may already have stored it.
 *
 * It is for outcomes that have already happened, so giving up while the broker is away or full would gain nothing. The retries end when the
 * connection is closed: then the error is thrown.
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
