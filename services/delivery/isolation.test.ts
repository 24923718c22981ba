import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { FatalAttempts } from '@postrider/queue/fatal-attempts'
import type { Taken } from '@postrider/queue/take'
import { envelope } from '../../test/support/envelope.ts'
import { recordingBroker } from '../../test/support/recording-broker.ts'
import { job, takenJob } from '../../test/support/taken-job.ts'
import { MAX_FATAL_ATTEMPTS, MAX_SHARED_DELIVERIES, MAX_WAITING_ISOLATED, createIsolation } from './isolation.ts'
import { MAX_POSTPONED_DELIVERIES } from './put-off.ts'

let story: string[]
let begun: Map<string, number>
const attempts: FatalAttempts = {
  begun(key) {
    const count = (begun.get(key) ?? 0) + 1
    begun.set(key, count)
    return Promise.resolve(count)
  },
  ended(key) {
    begun.delete(key)
    return Promise.resolve()
  },
}
beforeEach(() => {
  story = []
  begun = new Map()
})

const often = (id: string): Taken =>
  takenJob(job({ envelope: envelope({ id }) }), story, { deliveries: MAX_SHARED_DELIVERIES + 1 })
const isolate = (broker = recordingBroker(story).broker) =>
  createIsolation(broker, attempts, ({ name }, { job: of }) => story.push(`${name} ${of.envelope.id}`))

test('jobs with few deliveries are attempted at the same time, and nothing is written down', async () => {
  const run = isolate()
  const shared = takenJob(job(), story, { deliveries: MAX_SHARED_DELIVERIES })
  const second = Promise.withResolvers<undefined>()
  const first = run(shared, () => second.promise)
  await run(shared, () => {
    story.push('second')
    second.resolve(undefined)
    return Promise.resolve()
  })
  await first
  assert.deepEqual([story, begun.size], [['second'], 0])
})

test('a job that was put off as often as it may be is still attempted with the others', () => {
  assert.equal(MAX_SHARED_DELIVERIES, MAX_POSTPONED_DELIVERIES + 1)
})

test('jobs that came often are attempted one after the other, each written down while it is', async () => {
  const run = isolate()
  const attempt = (id: string) =>
    run(often(id), async () => {
      story.push(`begin ${id} of ${[...begun.keys()].join()}`)
      await new Promise(setImmediate)
      story.push(`end ${id}`)
    })
  await Promise.all([attempt('a'), attempt('b')])
  assert.deepEqual(story, ['begin a of a/0/0', 'end a', 'begin b of b/0/0', 'end b'])
  assert.equal(begun.size, 0)
})

test('one that fails does not hold up the next one', async () => {
  const run = isolate()
  const failing = run(often('a'), () => Promise.reject(new Error('no')))
  const next = run(often('b'), () => Promise.resolve(void story.push('next')))
  await assert.rejects(failing, /no/)
  await next
  assert.deepEqual([story, begun.size], [['next'], 0])
})

test('one that ended its worker three times goes to the quarantine instead of a fourth attempt', async () => {
  begun.set('a/0/0', MAX_FATAL_ATTEMPTS - 1)
  let tries = 0
  const count = () => {
    tries++
    return Promise.resolve()
  }
  await isolate()(often('a'), count)
  assert.equal(tries, 1)
  begun.set('a/0/0', MAX_FATAL_ATTEMPTS)
  const { broker, published } = recordingBroker(story)
  await isolate(broker)(often('a'), count)
  assert.equal(tries, 1)
  assert.match(published[0]?.subject ?? '', /^quarantine\.job\./)
  assert.deepEqual(story, [`publish ${published[0]?.subject ?? ''}`, 'ack', 'FatalJobError a'])
  assert.equal(begun.size, 0)
})

test('of those that wait so many take up room, and the others are given back', async () => {
  const run = isolate()
  const first = Promise.withResolvers<undefined>()
  const all = [run(often('first'), () => first.promise)]
  for (let count = 0; count <= MAX_WAITING_ISOLATED; count++) all.push(run(often(`${count}`), () => Promise.resolve()))
  await new Promise(setImmediate)
  for (let count = 0; count < 2; count++) all.push(run(often('late'), () => Promise.resolve()))
  first.resolve(undefined)
  await Promise.all(all)
  assert.ok(story.length >= 1 && story.every((each) => each === 'postpone 30000'), String(story))
})

test('an attempt that takes long lets the next one begin', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const run = isolate()
  const slow = Promise.withResolvers<undefined>()
  const first = run(often('a'), () => slow.promise)
  const next = run(often('b'), () => Promise.resolve(void story.push('next')))
  await new Promise(setImmediate)
  assert.deepEqual(story, [])
  t.mock.timers.tick(10_000)
  await next
  assert.deepEqual(story, ['next'])
  slow.resolve(undefined)
  await first
})
