import type { Broker } from '@postrider/broker/connection'
import { DUE_SUBJECT, JOBS, destinationToken } from '@postrider/broker/names'
import { noteCancellation } from './cancellations.ts'
import { decodeJob, encodeJob } from './job.ts'
import type { Job } from './job.ts'
import { writeFailure } from '@postrider/broker/write-failure'

/** A job that waits for its next attempt. */
export interface Waiting {
  job: Job
  subject: string
  seq: number
}

export interface WaitingFilter {
  id?: string
  destination?: string
}

/** Lists the jobs that wait for their next attempt, filtered by queue id and destination. */
export async function* listWaiting(broker: Broker, filter: WaitingFilter): AsyncGenerator<Waiting> {
  const destination = filter.destination === undefined ? '*' : destinationToken(filter.destination)
  const pattern = `job.wait.${destination}.${filter.id ?? '*'}.*`
  const info = await broker.jsm.streams.info(JOBS, { subjects_filter: pattern })
  for (const subject of Object.keys(info.state.subjects ?? {})) {
    // Read from the leader: a replica that lags may have an older schedule, or none.
    const stored = await broker.jsm.streams.getMessage(JOBS, { last_by_subj: subject })
    if (stored !== null) yield { job: decodeJob(stored.data), subject, seq: stored.seq }
  }
}

/** Makes a waiting job due now. Resolves to false when it became due in the meantime: then it is already being attempted. */
export async function bringForward(broker: Broker, waiting: Waiting): Promise<boolean> {
  return replaceSchedule(broker, waiting, encodeJob({ ...waiting.job, urgent: true }))
}

/** Cancels a waiting job: it becomes due at once, and a delivery worker records it as cancelled without an attempt. Resolves to false as
 * `bringForward` does; no attempt follows the one in progress.
 *
 * It is noted first. If the worker that deferred the job died before it acknowledged the job before it, that one is delivered again, and
 * `resume` (services/delivery) writes the cancelled schedule again. */
export async function cancel(broker: Broker, waiting: Waiting): Promise<boolean> {
  const { envelope, destination, part } = waiting.job
  await noteCancellation(broker, { id: envelope.id, destination, part })
  return replaceSchedule(broker, waiting, encodeJob({ ...waiting.job, cancelled: true }))
}

/** The broker removes the schedule and adds the due job in one atomic step, so that a crash neither loses nor duplicates a job. */
async function replaceSchedule(broker: Broker, waiting: Waiting, payload: string): Promise<boolean> {
  try {
    await broker.js.publish(DUE_SUBJECT, payload, {
      cancelSchedule: { scheduleSubject: waiting.subject },
      expect: { lastSubjectSequence: waiting.seq, lastSubjectSequenceSubject: waiting.subject },
      timeout: 5000,
    })
    return true
  } catch (error) {
    if (writeFailure(error) === 'conflict') return false
    throw error
  }
}
