import type { Broker } from '@postrider/broker/connection'
import { DUE_SUBJECT, JOBS, destinationToken } from '@postrider/broker/names'
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

/** Finds what waits in the queue, by queue id and destination. */
export async function* listWaiting(broker: Broker, filter: WaitingFilter): AsyncGenerator<Waiting> {
  const destination = filter.destination === undefined ? '*' : destinationToken(filter.destination)
  const pattern = `job.wait.${destination}.${filter.id ?? '*'}.*`
  const info = await broker.jsm.streams.info(JOBS, { subjects_filter: pattern })
  for (const subject of Object.keys(info.state.subjects ?? {})) {
    // From the leader: a replica that lags has an older schedule, or none.
    const stored = await broker.jsm.streams.getMessage(JOBS, { last_by_subj: subject })
    if (stored !== null) yield { job: decodeJob(stored.data), subject, seq: stored.seq }
  }
}

/** Makes a waiting job due now. False when it became due by itself meanwhile: then it is being attempted anyway. */
export async function bringForward(broker: Broker, waiting: Waiting): Promise<boolean> {
  return replaceSchedule(broker, waiting, encodeJob({ ...waiting.job, urgent: true }))
}

/** Takes a waiting job out of the queue; a delivery worker writes it down as cancelled. False as in bringForward. */
export async function cancel(broker: Broker, waiting: Waiting): Promise<boolean> {
  return replaceSchedule(broker, waiting, encodeJob({ ...waiting.job, cancelled: true }))
}

/** In one step of the broker the schedule goes and the due job comes, or neither: a crash leaves no job lost or doubled. */
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
