import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { BrokerAwayError } from '@postrider/broker/connection-loss'
import { recordingBroker } from '../../test/support/recording-broker.ts'
import { job } from '../../test/support/taken-job.ts'
import { defer, deferPatiently, enqueueJobs } from './defer.ts'
import type { Job } from './job.ts'

const NOW = 1_700_000_000_000
/** The broker is still storing the first copy. */
const inProcess = () => new JetStreamApiError({ code: 409, err_code: 10_158, description: 'in process' })
const refusal = () => new errors.InvalidArgumentError('max_payload size exceeded')

test('a deferred job is a schedule of its own subject, which fires at its time', async () => {
  const { broker, published } = recordingBroker()
  const it = job({ part: 2 })
  await defer(broker, it, NOW)
  assert.deepEqual(
    published.map(({ subject, json, at }) => [subject.split('.').slice(-2), json, at?.getTime()]),
    [[['q1', '2'], it, NOW]],
  )
})

const isAgain = ({ json }: { json: unknown }): boolean | undefined => (json as Job).again

test('a deferral that the broker did not confirm is marked when it is repeated', async () => {
  const { broker, published, failWith } = recordingBroker()
  failWith(inProcess())
  await defer(broker, job(), NOW)
  failWith(inProcess())
  await enqueueJobs(broker, [job()])
  await defer(broker, job(), NOW)
  assert.deepEqual(published.map(isAgain), [true, true, undefined])
})

test('a deferral is not left to the client library while the broker is away', async () => {
  const { broker, published } = recordingBroker()
  Object.assign(broker, { connected: false })
  await assert.rejects(defer(broker, job(), NOW), BrokerAwayError)
  assert.equal(published.length, 0)
  const deferred = deferPatiently(broker, job(), NOW)
  await pause(10)
  Object.assign(broker, { connected: true })
  await deferred
  assert.deepEqual(published.map(isAgain), [true])
})

test('a deferral that the broker refuses for what it is goes to the quarantine, with its time', async () => {
  const { broker, published, failWith } = recordingBroker()
  failWith(refusal())
  const it = job()
  await deferPatiently(broker, it, NOW)
  assert.match(published[0]?.subject ?? '', /^quarantine\.deferral\./)
  assert.deepEqual(published[0]?.json, it)
  failWith(refusal(), refusal())
  await assert.rejects(deferPatiently(broker, it, NOW), errors.InvalidArgumentError)
})

const jobs = (count: number) => Array.from({ length: count }, (_, part) => job({ part: part + 1 }))

test('the jobs of a split are written each once, and one that is refused does not stop the others', async () => {
  const { broker, published, failWith } = recordingBroker()
  failWith(refusal())
  assert.equal(await enqueueJobs(broker, jobs(50)), true)
  assert.equal(published.filter(({ subject }) => subject === 'job.due').length, 49)
  assert.equal(published.filter(({ subject }) => subject.startsWith('quarantine.job.')).length, 1)
  const parts = published.map(({ json }) => (json as { part: number }).part)
  assert.deepEqual(
    parts.toSorted((a, b) => a - b),
    jobs(50).map(({ part }) => part),
  )
})

test('a split that another worker makes by now is given up', async () => {
  const { broker, published } = recordingBroker()
  let left = 3
  assert.equal(await enqueueJobs(broker, jobs(50), () => left-- > 0), false)
  assert.equal(published.length, 3)
  assert.equal(await enqueueJobs(broker, []), true)
})
