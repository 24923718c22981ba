import type { Broker } from '@postrider/broker/connection'
import type { FatalAttempts } from '@postrider/queue/fatal-attempts'
import { quarantinePatiently } from '@postrider/queue/quarantine'
import { attemptKey, encodeJob } from '@postrider/queue/job'
import type { Taken } from '@postrider/queue/take'
import { MAX_POSTPONED_DELIVERIES } from './put-off.ts'

/** A job that was in hand when a worker ended comes again and may have been the reason. From this delivery on it is attempted apart from
 * the others. Above what postponing explains. */
export const MAX_SHARED_DELIVERIES = MAX_POSTPONED_DELIVERIES + 1
/** Attempts apart that ended with the worker before the job goes to the quarantine. */
export const MAX_FATAL_ATTEMPTS = 3
/** An attempt apart has this long for itself before the next one begins: what ends a process does so soon. Milliseconds. */
const ALONE_MS = 10_000
/** Jobs that wait for the one before them. They take up capacity, which the other jobs need. */
export const MAX_WAITING_APART = 20
/** The others are given back for this long. Their deliveries go on counting: they are still attempted apart. Milliseconds. */
const APART_LATER_MS = 30_000

/** Each attempt at this job ended with the process that made it. */
export class FatalJobError extends Error {
  override readonly name = 'FatalJobError'
  constructor(attempts: number) {
    super(`${attempts} delivery processes ended while attempting this job`)
  }
}

/**
 * Bounds how often one job ends its worker, whatever the reason: a fault of the runtime, or memory.
 *
 * A worker holds hundreds of jobs and takes all of them along when it ends, so the number of deliveries does not say which one was to
 * blame. Jobs with many deliveries are attempted one after the other, and each of these attempts is written down before it begins: the
 * one that was under way again and again goes to the quarantine. Jobs with few deliveries, which is nearly all of them, cost nothing.
 */
export function createIsolation(
  broker: Broker,
  attempts: FatalAttempts,
  quarantined: (error: FatalJobError, taken: Taken) => void,
): (taken: Taken, handle: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function apart(taken: Taken, handle: () => Promise<void>): Promise<void> {
    const key = attemptKey(taken.job)
    const begun = await attempts.begun(key)
    if (begun > MAX_FATAL_ATTEMPTS) {
      const error = new FatalJobError(begun - 1)
      const data = Buffer.from(encodeJob(taken.job))
      const { id } = taken.job.envelope
      const suspect = { kind: 'job' as const, error, data, id, name: key, deliveries: taken.deliveries }
      // Where the quarantine refuses it, the job stays unacknowledged.
      await quarantinePatiently(broker, suspect)
      taken.ack()
      quarantined(error, taken)
      await attempts.ended(key)
    } else await handle().finally(() => attempts.ended(key))
  }

  return async (taken, handle) => {
    if (taken.deliveries <= MAX_SHARED_DELIVERIES) return handle()
    if (waiting >= MAX_WAITING_APART) {
      taken.postpone(APART_LATER_MS)
      return
    }
    const before = last
    const { promise, resolve } = Promise.withResolvers<undefined>()
    const letNextBegin = (): void => resolve(undefined)
    last = promise
    waiting++
    await before
    waiting--
    const alone = setTimeout(letNextBegin, ALONE_MS)
    try {
      await apart(taken, handle)
    } finally {
      clearTimeout(alone)
      letNextBegin()
    }
  }
}
