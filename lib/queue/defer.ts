import { headers } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { BrokerAwayError } from '@postrider/broker/connection-loss'
import { DUE_SUBJECT, waitSubject } from '@postrider/broker/names'
import { writePatiently } from '@postrider/broker/write-patiently'
import { publishLasting } from '@postrider/broker/publish'
import { quarantinePatiently } from './quarantine.ts'
import { attemptKey, encodeJob } from './job.ts'
import type { Job } from './job.ts'

/** Defers a job until `at` (milliseconds since the epoch) with a message schedule of the broker (ADR-51 of NATS). The schedule is stored
 * on a subject of its own, where it can be found, brought forward or cancelled; the broker makes the job due at that time. Resolves
 * when the schedule is on disk. A subject has one schedule, so a repetition changes nothing until the schedule has fired; what is repeated
 * is marked as a possible second copy. Rejects with BrokerAwayError, or as `publishLasting` does. */
export async function defer(broker: Broker, job: Job, at: number): Promise<void> {
  // The client library would keep the record and send it, without a mark, after the reconnect.
  if (!broker.connected) throw new BrokerAwayError(0)
  const subject = waitSubject(job.destination, job.envelope.id, job.part)
  const fields = headers()
  fields.set('Nats-Rollup', 'sub')
  await publishLasting(broker, subject, (repeated) => encodeJob(doubted(job, repeated)), {
    headers: fields,
    msgID: `wait:${attemptKey(job)}:${at}`,
    schedule: { specification: new Date(at), target: DUE_SUBJECT },
    timeout: 5000,
  })
}

/** The broker may have stored a write that it did not confirm. It knows the message id for only two minutes, and after a restart only if
 * the record is still stored. A write that is repeated later creates a second copy of the job, so the copy is marked: its attempt is
 * looked up before it is made. */
const doubted = (job: Job, repeated: boolean): Job => (repeated ? { ...job, again: true } : job)

/** Defers a job whose attempt is over: repeated until the broker confirms it. A job that the broker refuses because of its content or
 * size goes to the quarantine. Rejects when the connection is closed, or when the quarantine refuses the job as well. */
export async function deferPatiently(broker: Broker, job: Job, at: number): Promise<void> {
  const written = await writePatiently(broker, (repeated) => defer(broker, doubted(job, repeated), at))
  if ('done' in written) return
  const suspect = {
    kind: 'deferral' as const,
    error: written.refused,
    data: Buffer.from(encodeJob(job)),
    name: attemptKey(job),
    id: job.envelope.id,
    ...(Number.isFinite(at) ? { dueAt: at } : {}),
  }
  await quarantinePatiently(broker, suspect)
}

/** How many jobs are written concurrently: enough to share the broker's disk syncs. */
const MAX_PARALLEL = 32

/** Writes one job for each destination of a message that has several, however long that takes. The message ids make a repeated split
 * harmless. A job that the broker refuses because of its content or size goes to the quarantine, and the others are still written.
 * `wanted` is called before each job; resolves with false when it returned false, because another worker now makes the split. Rejects
 * when the connection is closed, or when the quarantine refuses a job as well. */
export async function enqueueJobs(broker: Broker, jobs: Job[], wanted: () => boolean = () => true): Promise<boolean> {
  const left = jobs.values()
  let written = 0
  const write = async (): Promise<void> => {
    for (const job of left) {
      if (!wanted()) return
      await enqueue(broker, job)
      written++
    }
  }
  await Promise.all(Array.from({ length: Math.min(MAX_PARALLEL, jobs.length) }, write))
  return written === jobs.length
}

async function enqueue(broker: Broker, job: Job): Promise<void> {
  const written = await writePatiently(broker, (repeated) => {
    const data = (again: boolean): string => encodeJob(doubted(job, repeated || again))
    return publishLasting(broker, DUE_SUBJECT, data, { msgID: `split:${attemptKey(job)}`, timeout: 5000 })
  })
  if ('done' in written) return
  const suspect = {
    kind: 'job' as const,
    data: Buffer.from(encodeJob(job)),
    name: attemptKey(job),
    id: job.envelope.id,
  }
  await quarantinePatiently(broker, { ...suspect, error: written.refused })
}

/** Makes a job from the quarantine due, once for each quarantine number. Its attempt may have been settled before, so it is looked up
 * first. */
export async function enqueueAgain(broker: Broker, job: Job, number: number): Promise<void> {
  const data = encodeJob({ ...job, again: true })
  await publishLasting(broker, DUE_SUBJECT, data, { msgID: `quarantine:${number}`, timeout: 5000 })
}
