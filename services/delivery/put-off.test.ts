import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { recordingBroker } from '../../test/support/recording-broker.ts'
import { job, takenJob } from '../../test/support/taken-job.ts'
import { MAX_POSTPONED_DELIVERIES, putOff } from './put-off.ts'

const NOW = 1_700_000_000_000
let story: string[]
beforeEach(() => {
  story = []
})

test('a job that was given out a few times is given back with its delay', async () => {
  const { broker, published } = recordingBroker(story)
  await putOff(takenJob(job(), story, { deliveries: MAX_POSTPONED_DELIVERIES - 1 }), 30_000, broker, NOW)
  assert.deepEqual([story, published], [['postpone 30000'], []])
})

test('one that was given out often becomes a schedule, which counts from one again and knows of its doubt', async () => {
  const { broker, published } = recordingBroker(story)
  const of = job()
  const taken = takenJob({ ...of, urgent: true }, story, { deliveries: MAX_POSTPONED_DELIVERIES, since: 700 })
  await putOff(taken, 30_000, broker, NOW)
  const [schedule] = published
  assert.deepEqual(story, [`publish ${schedule?.subject ?? ''}`, 'ack'])
  assert.match(schedule?.subject ?? '', /^job\.wait\./)
  assert.equal(schedule?.at?.getTime(), NOW + 30_000)
  assert.deepEqual(schedule.json, { ...of, again: true, since: 700 })
})

test('it is given back when the broker does not take the schedule', async () => {
  const { broker, failWith } = recordingBroker(story)
  failWith(new Error('away'))
  await putOff(takenJob(job(), story, { deliveries: MAX_POSTPONED_DELIVERIES }), 30_000, broker, NOW)
  assert.deepEqual(story, ['postpone 30000'])
})

test('nothing is written about a job that is no longer in hand', async () => {
  const { broker } = recordingBroker(story)
  const taken = takenJob(job(), story, { deliveries: MAX_POSTPONED_DELIVERIES, settling: () => false })
  await putOff(taken, 30_000, broker, NOW)
  assert.deepEqual(story, [])
})
