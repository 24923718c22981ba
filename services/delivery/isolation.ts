import type { Broker } from '@postrider/broker/connection'
import type { FatalAttempts } from '@postrider/queue/fatal-attempts'
import { quarantinePatiently } from '@postrider/queue/quarantine'
import { attemptKey, encodeJob } from '@postrider/queue/job'
import type { Taken } from '@postrider/queue/take'
import { MAX_POSTPONED_DELIVERIES } from './put-off.ts'

/** A job that was in flight when a worker crashed is redelivered, and may have caused the crash. After more deliveries than this it is
 * attempted in isolation. Above MAX_POSTPONED_DELIVERIES, so that postponing alone never isolates a job. */
export const MAX_SHARED_DELIVERIES = MAX_POSTPONED_DELIVERIES + 1
/** Isolated attempts that may end with a crash of the worker; the job then goes to the quarantine. */
export const MAX_FATAL_ATTEMPTS = 3
/** How long an isolated attempt runs before the next one may begin. A job that crashes a process does so early. Milliseconds. */
const ALONE_MS = 10_000
/** Isolated jobs that may wait for the one before them. Bounded because they use up capacity that other jobs need. */
export const MAX_WAITING_ISOLATED = 20
/** Jobs beyond that bound are postponed for this long. Their delivery count keeps growing, so they stay isolated. Milliseconds. */
const ISOLATED_LATER_MS = 30_000

/** Every isolated attempt at this job ended with a crash of the process that made it. */
export class FatalJobError extends Error {
  override readonly name = 'FatalJobError'
  constructor(attempts: number) {
    super(`${attempts} delivery processes ended while attempting this job`)
  }
}

/**
 * Bounds how often one job can crash its worker, for example by a fault of the runtime or by running out of memory.
 *
 * A worker has hundreds of jobs in flight, and a crash redelivers all of them, so the delivery count alone does not identify the job that
 * caused it. Jobs with many deliveries are therefore attempted one at a time, and each such attempt is recorded before it begins. A job
 * whose attempt was in progress at MAX_FATAL_ATTEMPTS crashes goes to the quarantine. Jobs with few deliveries, nearly all of them, are
 * handled without this overhead.
 */
export function createIsolation(
  broker: Broker,
  attempts: FatalAttempts,
  quarantined: (error: FatalJobError, taken: Taken) => void,
): (taken: Taken, handle: () => Promise<void>) => Promise<void> {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0

  async function attemptIsolated(taken: Taken, handle: () => Promise<void>): Promise<void> {
    const key = attemptKey(taken.job)
    const begun = await attempts.begun(key)
    if (begun > MAX_FATAL_ATTEMPTS) {
      const error = new FatalJobError(begun - 1)
      const data = Buffer.from(encodeJob(taken.job))
      const { id } = taken.job.envelope
      const suspect = { kind: 'job' as const, error, data, id, name: key, deliveries: taken.deliveries }
      // If the quarantine refuses the job, it stays unacknowledged.
      await quarantinePatiently(broker, suspect)
      taken.ack()
      quarantined(error, taken)
      await attempts.ended(key)
    } else await handle().finally(() => attempts.ended(key))
  }

  return async (taken, handle) => {
    if (taken.deliveries <= MAX_SHARED_DELIVERIES) return handle()
    if (waiting >= MAX_WAITING_ISOLATED) {
      taken.postpone(ISOLATED_LATER_MS)
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
      await attemptIsolated(taken, handle)
    } finally {
      clearTimeout(alone)
      letNextBegin()
    }
  }
}
