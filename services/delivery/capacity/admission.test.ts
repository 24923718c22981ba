import assert from 'node:assert/strict'
import { beforeEach, describe, mock, test } from 'node:test'
import { envelope } from '../../../test/support/envelope.ts'
import { Admission, SET_ASIDE_MS } from './admission.ts'
import type { Seat, Seated } from './admission.ts'

interface TestJob extends Seated {
  aside: boolean
}

function job(destination: string, given: { tenant?: string; stream?: string; first?: Uint8Array } = {}): TestJob {
  const { tenant = 'sender.test', stream = 'MAIL_0', first } = given
  const taken: TestJob = {
    job: {
      envelope: envelope({ domain: tenant }),
      part: 0,
      attempt: 0,
      destination,
      content: { stream, seq: 1, parts: [] },
    },
    first,
    stream,
    aside: false,
    setAside: (aside) => (taken.aside = aside),
  }
  return taken
}

let admission: Admission
beforeEach(() => {
  mock.timers.reset()
  mock.timers.enable({ apis: ['setInterval'] })
  admission = new Admission(200, () => 0)
})

const enter = (taken: TestJob): Seat => {
  const seat = admission.enter(taken, false)
  assert.ok('leave' in seat, `no seat: ${JSON.stringify(seat)}`)
  return seat
}
/** Enters jobs with different destinations until one gets no seat; returns those with a seat. */
function fill(given: Parameters<typeof job>[1] = {}): { taken: TestJob; seat: Seat }[] {
  const all: { taken: TestJob; seat: Seat }[] = []
  for (;;) {
    const taken = job(`${crypto.randomUUID()}.test`, given)
    const seat = admission.enter(taken, false)
    if ('later' in seat) return all
    all.push({ taken, seat })
  }
}

describe('attempts at unknown destinations', () => {
  test('use up to a part of the capacity, and those of one tenant a part of that', () => {
    assert.equal(fill().length, 67)
    assert.equal(fill({ tenant: 'other.test' }).length, 22)
    assert.equal(fill({ stream: 'JOBS' }).length, 67)
  })

  test('without a seat return later, one after the other', () => {
    fill()
    const delays = [1, 2, 3].map((n) => admission.enter(job(`${n}.test`), false))
    assert.deepEqual(delays, [{ later: 1004 }, { later: 1006 }, { later: 1008 }])
  })

  test('that are slow are set aside, which makes room', () => {
    const first = fill()
    mock.timers.tick(SET_ASIDE_MS)
    assert.ok(first.every(({ taken }) => taken.aside))
    assert.equal(admission.slow, 67)
    assert.equal(fill().length, 67)
    for (const { taken, seat } of first) {
      seat.leave(true)
      assert.equal(taken.aside, false)
    }
    assert.equal(admission.slow, 0)
  })

  test('are bounded even if all of them are slow', () => {
    for (let count = 0; count < 100; count++) {
      fill()
      mock.timers.tick(SET_ASIDE_MS)
    }
    // One tenant gets two thirds. Attempts that cannot be set aside keep using the part for unknown destinations.
    assert.equal(admission.slow, 2000)
    assert.equal(fill().length, 0)
    assert.ok(fill({ tenant: 'other.test' }).length > 0)
  })

  test('with large content are bounded by the octets in memory', () => {
    const first = new Uint8Array(1024 * 1024)
    for (let count = 0; count < 5; count++) {
      fill({ first })
      mock.timers.tick(SET_ASIDE_MS)
    }
    assert.ok(admission.slow <= 43, String(admission.slow))
    // Attempts with small contents still get a place.
    const { length } = fill({ tenant: 'other.test' })
    mock.timers.tick(SET_ASIDE_MS)
    assert.ok(admission.slow >= length)
  })

  test('always get a seat for the last attempt', () => {
    fill()
    assert.ok('leave' in admission.enter(job('last.test'), true))
  })
})

describe('a known destination', () => {
  beforeEach(() => enter(job('good.test')).leave(true))
  const seated = (): boolean => 'leave' in admission.enter(job('good.test'), false)

  test('gets a seat however many others hang', () => {
    fill()
    for (let count = 0; count < 500; count++) assert.ok(seated())
  })

  test('stays known when it was not contacted', () => {
    enter(job('good.test')).leave(undefined)
    fill()
    assert.ok(seated())
  })

  test('becomes unknown when it does not answer', () => {
    enter(job('good.test')).leave(false)
    fill()
    assert.ok(!seated())
  })

  test('becomes unknown when it is slow, until it answers in time again', () => {
    const slow = enter(job('good.test'))
    mock.timers.tick(SET_ASIDE_MS)
    slow.leave(true)
    fill()
    assert.ok(!seated())
  })
})
