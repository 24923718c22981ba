import { headers } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { DUE_SUBJECT, waitSubject } from '@postrider/broker/names'
import { writePatiently } from '@postrider/broker/write-patiently'
import { publishLasting } from '@postrider/broker/publish'
import { quarantinePatiently } from './quarantine.ts'
import { attemptKey, encodeJob } from './job.ts'
import type { Job } from './job.ts'

/** Puts a job off until `at` (milliseconds since the epoch) as a schedule of the broker (ADR-51): it lies on a subject of
 * its own, where it can be found, brought forward or cancelled, and becomes due by itself.
 * Resolves when that is on disk. Repeating it is harmless: one schedule a subject. */
export async function defer(broker: Broker, job: Job, at: number): Promise<void> {
  const subject = waitSubject(job.destination, job.envelope.id, job.part)
  const fields = headers()
  fields.set('Nats-Rollup', 'sub')
  await publishLasting(broker, subject, encodeJob(job), {
    headers: fields,
    msgID: `wait:${attemptKey(job)}:${at}`,
    schedule: { specification: new Date(at), target: DUE_SUBJECT },
    timeout: 5000,
  })
}

/** The broker may have stored a write that it did not confirm, and knows its message id for two minutes only: a write that is repeated
 * later is a second copy of the job, whose attempt is looked up before it is made. */
const doubted = (job: Job, repeated: boolean): Job => (repeated ? { ...job, again: true } : job)

/** Defers a job whose attempt is final: repeated until the broker confirms it. A job that the broker refuses for what it is goes to the
 * quarantine. Rejects when the connection is closed, or the quarantine refuses it as well. */
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

/** Jobs that are written at the same time: enough to share the broker's syncs. */
const MAX_PARALLEL = 32

/** Writes one job a destination of a message that has several, however long that takes. The message ids make a repeated split harmless. A
 * job that the broker refuses for what it is goes to the quarantine, and the others go on. `wanted` is asked before each job: resolves with
 * false when a split is given up because another worker makes it by now. Rejects when the connection is closed, or the quarantine refuses
 * a job as well. */
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
    const data = encodeJob(doubted(job, repeated))
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

/** Makes a job due that lay in the quarantine, once for each number there. Its attempt may have been settled before: it is looked up first. */
export async function enqueueAgain(broker: Broker, job: Job, number: number): Promise<void> {
  const data = encodeJob({ ...job, again: true })
  await publishLasting(broker, DUE_SUBJECT, data, { msgID: `quarantine:${number}`, timeout: 5000 })
}
