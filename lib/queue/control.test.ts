import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import type { Broker } from '@postrider/broker/connection'
import { destinationToken } from '@postrider/broker/names'
import { recordingBroker } from '../../test/support/recording-broker.ts'
import { job } from '../../test/support/taken-job.ts'
import { bringForward, cancel, listWaiting } from './control.ts'
import { encodeJob } from './job.ts'

const waiting = { job: job(), subject: 'job.wait.x.q1.0', seq: 7 }

test('a job that is brought forward is urgent, and one that is cancelled says so', async () => {
  const { broker, published } = recordingBroker()
  assert.deepEqual([await bringForward(broker, waiting), await cancel(broker, waiting)], [true, true])
  const noted = `$KV.cancelled.q1.${destinationToken('remote.test')}.0`
  assert.deepEqual(published, [
    { subject: 'job.due', json: { ...waiting.job, urgent: true } },
    // Before it leaves the schedule: a copy of it may still be in the queue.
    { subject: noted, json: undefined },
    { subject: 'job.due', json: { ...waiting.job, cancelled: true } },
  ])
})

test('one whose cancellation cannot be noted goes on waiting', async () => {
  const { broker, published, failWith } = recordingBroker()
  failWith(new errors.TimeoutError())
  await assert.rejects(cancel(broker, waiting), errors.TimeoutError)
  assert.deepEqual(published, [])
})

test('one that became due by itself meanwhile is left alone, and other failures are passed on', async () => {
  const { broker, failWith } = recordingBroker()
  const api = (err_code: number, code: number) => new JetStreamApiError({ code, err_code, description: 'x' })
  failWith(api(10_071, 400), api(10_008, 503))
  assert.equal(await bringForward(broker, waiting), false)
  await assert.rejects(bringForward(broker, waiting), JetStreamApiError)
})

test('what waits is found by its id and its destination, but for what became due meanwhile', async () => {
  const asked: string[] = []
  const broker = {
    jsm: {
      streams: {
        info: (_: string, { subjects_filter: filter }: { subjects_filter: string }) => {
          asked.push(filter)
          return Promise.resolve({ state: { subjects: { one: 1, gone: 1 } } })
        },
        getMessage: (_: string, { last_by_subj: subject }: { last_by_subj: string }) =>
          Promise.resolve(subject === 'gone' ? null : { seq: 3, data: Buffer.from(encodeJob(waiting.job)) }),
      },
    },
  } as unknown as Broker
  const found = await Array.fromAsync(listWaiting(broker, { id: 'q1', destination: 'remote.test' }))
  assert.deepEqual(found, [{ job: waiting.job, subject: 'one', seq: 3 }])
  await Array.fromAsync(listWaiting(broker, {}))
  assert.deepEqual(asked, [`job.wait.${destinationToken('remote.test')}.q1.*`, 'job.wait.*.*.*'])
})
