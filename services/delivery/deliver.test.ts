import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AttemptEvent, QueueEvent } from '@postrider/queue/event'
import type { Job } from '@postrider/queue/job'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { envelope } from '../../test/support/envelope.ts'
import { recordingBroker } from '../../test/support/recording-broker.ts'
import { job, takenJob } from '../../test/support/taken-job.ts'
import type { Attempt } from './attempt.ts'
import { Admission } from './capacity/admission.ts'
import { deliver } from './deliver.ts'
import type { Engine } from './deliver.ts'
import { InFlight } from './in-flight.ts'
import { forAll } from './transaction/outcome.ts'
import type { RecipientResult } from './transaction/outcome.ts'

const NOW = 1_700_000_000_000
const LIFETIME_MS = 432_000_000
const RETRY = { firstMs: 300_000, capMs: 14_400_000, jitter: 0, lifetimeMs: LIFETIME_MS }

const DELIVERED = { result: 'delivered', reply: '250 ok', stage: 'final' } as const
const deliverAll: Attempt = ({ job: { envelope: of } }) =>
  Promise.resolve({ recipients: forAll(of.recipients, DELIVERED) })

interface Given {
  attempt?: Attempt
  /** What Clock.certain returns: the time by which messages expire. */
  certain?: number
  cancelled?: boolean
  /** Another worker has the attempt in flight. */
  elsewhere?: boolean
  /** This worker settled the attempt recently. */
  known?: boolean
  /** The event of the attempt in EVENTS. */
  settled?: AttemptEvent
}

function world(given: Given = {}) {
  const story: string[] = []
  const events: QueueEvent[] = []
  const { broker, published } = recordingBroker(story)
  const attempt = given.attempt ?? deliverAll
  const engine: Engine = {
    broker,
    clock: { now: () => NOW, certain: () => given.certain ?? NOW },
    cancellations: { has: () => given.cancelled === true },
    events: {
      append(event) {
        events.push(event)
        story.push(`append ${event.type}`)
        return Promise.resolve()
      },
    },
    settled: {
      note: () => undefined,
      knows: () => given.known === true,
      lookUp: () => Promise.resolve(given.settled),
    },
    inFlight: new InFlight(),
    peers: { haveInFlight: () => Promise.resolve(given.elsewhere === true) },
    config: () => ({ platform: { retry: RETRY } }) as RuntimeConfig,
    attempt(...call) {
      story.push('attempt')
      return attempt(...call)
    },
    admission: new Admission(10),
    observe: (_, { event }) => void story.push(`observe ${event.outcomes.map(({ state }) => state).join()}`),
    postponed: (_, delayMs) => void story.push(`postponed ${delayMs}`),
  }
  const jobs = (): Job[] => published.map(({ json }) => json as Job)
  return { story, events, jobs, engine, published }
}

const mail = (given: Partial<Parameters<typeof envelope>[0]> = {}) =>
  envelope({ id: 'q1', acceptedAt: NOW - 1000, ...given })
const to = (...addresses: string[]) => addresses.map((address) => ({ address }))

describe('a message for several destinations', () => {
  const several = job({ envelope: mail({ recipients: to('a@one.test', 'b@two.test', 'c@one.test') }) })

  test('becomes one job for each, and is acknowledged after they are written', async () => {
    const { story, jobs, engine } = world()
    await deliver(takenJob(several, story), engine)
    assert.deepEqual(story, ['publish job.due', 'publish job.due', 'ack'])
    assert.deepEqual(
      jobs().map(({ part, destination, envelope: { recipients } }) => [part, destination, recipients.length]),
      [
        [1, 'one.test', 2],
        [2, 'two.test', 1],
      ],
    )
    assert.ok(jobs().every((one) => one.again === undefined))
  })

  test('that may have been split before becomes jobs whose attempts are looked up', async () => {
    const { jobs, engine } = world()
    await deliver(takenJob(several, [], { suspect: true, since: NOW }), engine)
    assert.deepEqual(
      jobs().map(({ again, since }) => [again, since]),
      [
        [true, NOW - 1000],
        [true, NOW - 1000],
      ],
    )
  })

  test('stays in the queue when the worker has let it go', async () => {
    const { story, engine } = world()
    await deliver(takenJob(several, story, { settling: () => false }), engine)
    assert.deepEqual(story, [])
  })

  test('is not acknowledged when its lease ended while it was split', async () => {
    const { story, engine } = world()
    await deliver(takenJob(several, story, { proven: false }), engine)
    assert.ok(!story.includes('ack'))
  })

  test('is not split again once it has been', async () => {
    const { story, engine } = world()
    await deliver(takenJob({ ...several, part: 1 }, story), engine)
    assert.ok(story.includes('attempt'))
  })
})

test('more than a hundred recipients of one destination are split into several jobs', async () => {
  const addresses = Array.from({ length: 205 }, (_, index) => `r${index}@remote.test`)
  const { jobs, engine } = world()
  await deliver(takenJob(job({ envelope: mail({ recipients: to(...addresses) }) })), engine)
  assert.deepEqual(
    jobs().map(({ part, envelope: { recipients } }) => [part, recipients.length]),
    [
      [1, 100],
      [2, 100],
      [3, 5],
    ],
  )
})

describe('a cancelled job is recorded and not attempted', () => {
  for (const [what, one, given] of [
    ['when the job itself says so', job({ cancelled: true }), {}],
    ['when its message was cancelled', job(), { cancelled: true }],
  ] as const) {
    test(what, async () => {
      const { story, engine } = world(given)
      await deliver(takenJob(one, story), engine)
      assert.deepEqual(story, ['append cancel', 'ack'])
    })
  }
})

describe('a scheduled message', () => {
  const later = job({ envelope: mail({ releaseAt: NOW + 60_000 }) })

  test('is stored among the deferred jobs', async () => {
    const { story, jobs, engine } = world()
    await deliver(takenJob(later, story), engine)
    assert.deepEqual([story.length, story[0]?.slice(0, 17), story[1]], [2, 'publish job.wait.', 'ack'])
    assert.equal(jobs()[0]?.held, true)
  })

  for (const [what, one] of [
    ['its time has come', job({ envelope: mail({ releaseAt: NOW }) })],
    ['it has waited, and the broker or an administrator sends it now', { ...later, held: true }],
    ['it was attempted before', { ...later, attempt: 1 }],
  ] as const) {
    test(`is attempted when ${what}`, async () => {
      const { story, engine } = world()
      await deliver(takenJob(one, story), engine)
      assert.deepEqual(story, ['attempt', 'append attempt', 'ack', 'observe delivered'])
    })
  }
})

describe('an attempt that may have been made before', () => {
  const event: AttemptEvent = {
    type: 'attempt',
    at: NOW,
    id: 'q1',
    part: 0,
    attempt: 1,
    destination: 'remote.test',
    content: { stream: 'MAIL_0', seq: 1, parts: [] },
    outcomes: [],
  }

  test('is not made when its event is found', async () => {
    const { story, engine } = world({ settled: event })
    await deliver(takenJob(job(), story, { suspect: true }), engine)
    assert.deepEqual(story, ['ack'])
  })

  test('is not made when this worker settled it', async () => {
    const { story, engine } = world({ settled: event, known: true })
    await deliver(takenJob(job(), story), engine)
    assert.deepEqual(story, ['ack'])
  })

  test('is left to the worker that has it in flight', async () => {
    const { story, engine } = world({ elsewhere: true })
    await deliver(takenJob(job({ again: true }), story), engine)
    assert.deepEqual(story, ['leave to other'])
  })

  test('is made when no event is found, and checked again before the final dot', async () => {
    const { story, engine } = world()
    await deliver(takenJob(job({ envelope: mail() }), story, { suspect: true }), engine)
    assert.deepEqual(story.slice(0, 2), ['confirm before the dot', 'attempt'])
  })
})

describe('a destination without a free connection', () => {
  const busy: Attempt = () => Promise.resolve({ later: 5000 })
  const outcomeOf = ({ events: [event] }: { events: QueueEvent[] }) =>
    event?.type === 'attempt' ? event.outcomes.map(({ state, reply, stage }) => ({ state, reply, stage })) : []

  test('postpones the job', async () => {
    const { story, engine } = world({ attempt: busy })
    await deliver(takenJob(job({ envelope: mail() }), story), engine)
    assert.deepEqual(story, ['attempt', 'postponed 5000', 'postpone 5000'])
  })

  test('gets the job back in time for the last attempt', async () => {
    const { story, engine } = world({ attempt: busy })
    const ends = mail({ acceptedAt: NOW - LIFETIME_MS + 1200 })
    await deliver(takenJob(job({ envelope: ends, attempt: 3 }), story), engine)
    assert.deepEqual(story.at(-1), 'postpone 1200')
  })

  const old = mail({ acceptedAt: NOW - LIFETIME_MS })

  test('lets the message expire with the last known reason', async () => {
    const seen = world({ attempt: busy })
    await deliver(takenJob(job({ envelope: old, attempt: 3, lastReply: '450 later' }), seen.story), seen.engine)
    assert.deepEqual(outcomeOf(seen), [
      {
        state: 'failed',
        reply: 'the destination had no free connection until the message expired: 450 later',
        stage: 'connect',
      },
    ])
    assert.deepEqual(seen.story.slice(1), ['append attempt', 'ack', 'observe failed'])
  })

  test('is named in the reply if it could not be reached', async () => {
    const seen = world({ attempt: () => Promise.resolve({ later: 5000, trouble: 'ECONNREFUSED' }) })
    await deliver(takenJob(job({ envelope: old }), seen.story), seen.engine)
    assert.equal(outcomeOf(seen)[0]?.reply, 'remote.test could not be reached until the message expired: ECONNREFUSED')
  })

  test('does not let a message expire that was never attempted, for one more lifetime', async () => {
    const { story, engine } = world({ attempt: busy })
    await deliver(takenJob(job({ envelope: old }), story), engine)
    assert.equal(story.at(-1), 'postpone 5000')
    const seen = world({ attempt: busy, certain: NOW + LIFETIME_MS })
    await deliver(takenJob(job({ envelope: old }), seen.story), seen.engine)
    assert.equal(outcomeOf(seen)[0]?.state, 'failed')
  })

  test('for a reason on our side lets no message expire', async () => {
    const { story, engine } = world({ attempt: () => Promise.resolve({ later: 5000, ours: true }) })
    await deliver(takenJob(job({ envelope: old, attempt: 3 }), story), engine)
    assert.equal(story.at(-1), 'postpone 5000')
  })
})

describe('an attempt of several transactions', () => {
  const two = mail({ recipients: to('a@remote.test', 'b@remote.test') })
  const results = (...given: Partial<RecipientResult>[]) => ({
    recipients: two.recipients.map((recipient, index) => ({ recipient, ...DELIVERED, ...given[index] })),
  })

  test('records the settled recipients during the attempt, and the others at its end', async () => {
    const attempt: Attempt = async (_, progress) => {
      const settled = await progress(results({}, { result: 'refused', reply: '452 4.5.3 too many', onward: true }))
      assert.deepEqual(settled, to('a@remote.test'))
      return results({ result: 'failed', reply: 'broke off' }, { result: 'delivered' })
    }
    const { events, engine, story } = world({ attempt })
    await deliver(takenJob(job({ envelope: two }), story), engine)
    assert.deepEqual(
      events.map((event) => (event.type === 'attempt' ? event.outcomes.map(({ address }) => address) : [])),
      [['a@remote.test', 'b@remote.test'], ['b@remote.test']],
    )
    assert.deepEqual(
      story.filter((line) => line.startsWith('observe')),
      ['observe delivered', 'observe delivered'],
    )
  })

  test('records nothing once its job was let go', async () => {
    const attempt: Attempt = async (_, progress) => {
      await progress(results())
      return results()
    }
    const { events, engine } = world({ attempt })
    await assert.rejects(deliver(takenJob(job({ envelope: two }), [], { settling: () => false }), engine), {
      name: 'JobLetGoError',
    })
    assert.deepEqual(events, [])
  })
})

test('nothing is written about a job that is let go during its attempt', async () => {
  const { story, engine } = world({ attempt: () => Promise.resolve({ letGo: true }) })
  await deliver(takenJob(job({ envelope: mail() }), story), engine)
  assert.deepEqual(story, ['attempt', 'leave to other'])
})
