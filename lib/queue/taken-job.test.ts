import assert from 'node:assert/strict'
import { beforeEach, describe, mock, test } from 'node:test'
import type { JsMsg } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { job } from '../../test/support/taken-job.ts'
import { EXPIRED_MS, FRESH_MS, RENEW_AFTER_MS } from './lease.ts'
import { TakenJob } from './taken-job.ts'

let story: string[]
let connected: boolean
let confirms: boolean
let now = 0
mock.method(performance, 'now', () => now)
beforeEach(() => {
  now = 1_000_000
  story = []
  connected = true
  confirms = true
})

const broker = {
  get connected() {
    return connected
  },
  nc: {
    request() {
      story.push('renew')
      return confirms ? Promise.resolve({}) : Promise.reject(new Error('no answer'))
    },
  },
} as unknown as Broker

/** A job that was fetched so many milliseconds ago. */
function taken(ageMs = 0): TakenJob {
  const message = { reply: 'x', ack: () => story.push('ack'), nak: (ms: number) => story.push(`nak ${ms}`) }
  return new TakenJob(
    { job: job(), stream: 'JOBS', suspect: false, deliveries: 1, since: 0 },
    {
      message: message as unknown as JsMsg,
      broker,
      askedAt: now - ageMs,
      left: () => story.push('left'),
      setAside: (_, aside) => story.push(`aside ${aside}`),
      givenBack: () => story.push('given back'),
      onLost: (_, phase) => story.push(`lost ${phase}`),
    },
  )
}
const STALE = FRESH_MS + 1000
const LOST = EXPIRED_MS + 1

describe('a job in hand', () => {
  test('is acknowledged once, and leaves', () => {
    const it = taken()
    assert.equal(it.begin(), true)
    it.ack()
    it.ack()
    it.postpone(5)
    it.setAside(true)
    assert.deepEqual([story, it.over, it.begin(), it.settling()], [['ack', 'left'], true, false, false])
  })

  test('goes from its begin to the content and the final dot, and never back', async () => {
    const it = taken()
    it.content()
    assert.equal(it.phase, 'waiting')
    it.begin()
    it.content()
    assert.equal(it.phase, 'content')
    await it.finalDot()
    it.begin()
    it.content()
    assert.equal(it.phase, 'final')
  })

  test('is given back after a whole number of milliseconds, as it was when nothing is settled', () => {
    taken().postpone(12.6)
    assert.deepEqual(story, ['nak 13', 'given back', 'left'])
  })

  test('that is settled in part is given back, and not as it was', () => {
    const it = taken()
    it.settling()
    it.postpone(5)
    assert.deepEqual(story, ['nak 5', 'left'])
  })

  test('is not given back without a recent confirmation: the broker would take it for the word of another worker', () => {
    taken(STALE).postpone(5)
    connected = false
    taken().postpone(5)
    assert.deepEqual(story, ['left', 'left'])
  })

  test('at a stop ends what it does at a remote, after it is given back', () => {
    const it = taken()
    it.onCut(() => story.push('cut'))
    const takenBack = it.onCut(() => story.push('never'))
    takenBack()
    it.giveBack()
    assert.deepEqual(story, ['nak 0', 'given back', 'left', 'cut'])
  })

  test('is left to another worker without a word', () => {
    const it = taken()
    it.onCut(() => story.push('cut'))
    it.leaveToOther()
    assert.deepEqual([story, it.over], [['left'], true])
  })
})

describe('the final dot', () => {
  test('may be sent while the lease is fresh, without a question', async () => {
    assert.equal(await taken().finalDot(), true)
    assert.deepEqual(story, [])
  })

  test('is for one renewal to decide when the lease is stale', async () => {
    assert.equal(await taken(STALE).finalDot(), true)
    assert.deepEqual(story, ['renew'])
    confirms = false
    const it = taken(STALE)
    it.onCut(() => story.push('cut'))
    assert.equal(await it.finalDot(), false)
    assert.deepEqual([story.slice(1), it.over], [['renew', 'lost waiting', 'left', 'cut'], true])
  })

  test('is not sent when the lease is lost, whatever the broker says', async () => {
    assert.equal(await taken(LOST).finalDot(), false)
    assert.deepEqual(story, ['lost waiting', 'left'])
  })

  test('is not sent when the attempt is settled by now, or that cannot be known', async () => {
    for (const answer of [() => Promise.resolve(false), () => Promise.reject(new Error('away'))]) {
      const it = taken()
      it.confirmBeforeDot(answer)
      assert.equal(await it.finalDot(), false)
      assert.equal(it.over, true)
    }
    const open = taken()
    open.confirmBeforeDot(() => Promise.resolve(true))
    assert.equal(await open.finalDot(), true)
  })

  test('of a further transaction is not asked about: what is on disk then is its own', async () => {
    const it = taken()
    let asked = 0
    it.confirmBeforeDot(() => Promise.resolve(++asked === 1))
    assert.deepEqual([await it.finalDot(), await it.finalDot(), asked], [true, true, 1])
  })
})

describe('a lease', () => {
  test('that is lost lets the job go, cuts the remote, and is reported once', () => {
    const it = taken(LOST)
    it.onCut(() => story.push('cut'))
    it.check()
    it.check()
    assert.deepEqual([story, it.inFlight, it.proven], [['lost waiting', 'left', 'cut'], false, false])
    assert.equal(taken(LOST).inFlight, false)
  })

  test('that is lost after the final dot is reported once, and the job is kept: its outcome is to be written', () => {
    const it = taken()
    it.settling()
    now += LOST
    it.check()
    it.check()
    assert.deepEqual([story, it.over, it.inFlight], [['lost final'], false, true])
  })

  test('that is lost after the final dot is renewed all the same now and then, so that the job is not given out again and again', async () => {
    const it = taken()
    it.settling()
    now += LOST
    assert.equal(it.renewalDue, true)
    await it.renew()
    assert.deepEqual([it.renewalDue, it.proven], [false, false])
    now += RENEW_AFTER_MS
    assert.equal(it.renewalDue, true)
  })

  test('is due for renewal after some time, not when it is lost, and not when the job is over', () => {
    assert.deepEqual(
      [0, RENEW_AFTER_MS + 1, STALE, LOST].map((ageMs) => taken(ageMs).renewalDue),
      [false, true, true, false],
    )
    const over = taken(STALE)
    over.leaveToOther()
    assert.equal(over.renewalDue, false)
  })

  test('is renewed by a confirmation, and only by that', async () => {
    const it = taken(STALE)
    await it.renew()
    assert.equal(it.renewalDue, false)
    confirms = false
    const old = taken(STALE)
    await old.renew()
    assert.equal(old.renewalDue, true)
    connected = false
    story = []
    await old.renew()
    assert.deepEqual(story, [])
  })
})
