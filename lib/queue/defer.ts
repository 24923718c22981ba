import { headers } from '@nats-io/transport-node'
import type { Broker } from './broker.ts'
import { DUE_SUBJECT, waitSubject } from './names.ts'
import { publishLasting } from './publish.ts'
import { attemptKey, encodeJob } from './record.ts'
import type { Job } from './record.ts'

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

/** Writes one job a destination of a message that has several. The message ids make a repeated split harmless. */
export async function enqueueJobs(broker: Broker, jobs: Job[]): Promise<void> {
  await Promise.all(
    jobs.map((job) =>
      publishLasting(broker, DUE_SUBJECT, encodeJob(job), { msgID: `split:${attemptKey(job)}`, timeout: 5000 }),
    ),
  )
}
