import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import fc from 'fast-check'
import type { Finding } from './findings.ts'
import { MAX_WAIT_MS, SiteSchedule } from './schedule.ts'
import type { Later, SlotRequest } from './schedule.ts'
import { Spread } from './spread.ts'

const TIMES = { restMs: 1000, maxRestMs: 8000 }
const DOWN: Finding = { unreachable: 'refused' }

let schedule: SiteSchedule<number>
let nextWho: number
let now: number
beforeEach(() => {
  schedule = new SiteSchedule(TIMES, new Spread(0))
  nextWho = 0
  now = 0
})

function ask(request: Partial<SlotRequest> = {}): { who: number; got: 'slot' | 'waits' | Later } {
  const who = nextWho++
  return { who, got: schedule.ask(who, { limit: 20, ...request }, now) }
}
const slot = (request?: Partial<SlotRequest>): number => {
  const { who, got } = ask(request)
  assert.equal(got, 'slot')
  return who
}
const later = (request?: Partial<SlotRequest>): Later => {
  const { got } = ask(request)
  assert.ok(typeof got === 'object', `not postponed: ${got as string}`)
  return got
}
/** Makes transactions one after the other. */
function transact(count: number, finding: Finding = 'works', ms = 50): void {
  for (let n = 0; n < count; n++) {
    const who = slot()
    now += ms
    schedule.done(who, finding, now)
    assert.deepEqual(schedule.answers(now), [])
  }
}
const kinds = (count: number, request?: Partial<SlotRequest>): string =>
  Array.from({ length: count }, () => ask(request).got)
    .map((got) => (typeof got === 'object' ? 'later' : got))
    .join()

describe('an unknown site', () => {
  test('has one transaction at a time, and few waiters', () => {
    assert.equal(kinds(5), 'slot,waits,waits,later,later')
  })

  test('that hangs has no waiters, and its jobs return at growing intervals', () => {
    slot()
    assert.equal(ask().got, 'waits')
    now = MAX_WAIT_MS
    assert.equal(schedule.answers(now).length, 1)
    assert.equal(schedule.waiting, 0)
    now++
    const [soon] = [later().later]
    assert.ok(soon >= MAX_WAIT_MS)
    now = 100_000
    assert.ok(later().later >= 100_000)
  })

  test('that accepts recipients and then hangs gets three more transactions, and no waiters after that', () => {
    slot()
    schedule.tookRecipient()
    for (let count = 0; count < 3; count++) {
      const { who, got } = ask()
      assert.equal(got, 'waits')
      now += MAX_WAIT_MS
      assert.deepEqual(schedule.answers(now), [{ who, answer: 'slot' }])
    }
    now += MAX_WAIT_MS
    assert.ok(later().later >= MAX_WAIT_MS)
  })

  test('that takes long over its first message accepts others meanwhile', () => {
    slot()
    schedule.tookRecipient()
    now = MAX_WAIT_MS
    transact(5)
    assert.equal(kinds(7), `${'slot,'.repeat(6)}waits`)
  })

  test('widens with each success up to the limit of its policy', () => {
    transact(7)
    assert.equal(kinds(9), `${'slot,'.repeat(8)}waits`)
  })
})

describe('a site that works', () => {
  test('has as many waiters as get a slot in time, in their order', () => {
    transact(3)
    const running = Array.from({ length: 4 }, () => slot())
    const waiting: ReturnType<typeof ask>[] = []
    for (let next = ask(); next.got === 'waits'; next = ask()) waiting.push(next)
    assert.ok(waiting.length > 100 && waiting.length <= 400, `${waiting.length} wait`)
    schedule.done(running[0] as number, 'works', now)
    // One slot is free, and the success adds another one.
    assert.deepEqual(
      schedule.answers(now),
      waiting.slice(0, 2).map(({ who }) => ({ who, answer: 'slot' })),
    )
    // A new request does not overtake the waiters.
    assert.equal(ask().got, 'waits')
  })

  test('whose transactions take long has few waiters', () => {
    transact(3, 'works', 2000)
    for (let count = 0; count < 4; count++) slot()
    assert.equal(kinds(7), `${'waits,'.repeat(6)}later`)
  })

  test('has as many waiters, and gets jobs back as soon, while single transactions hang', () => {
    transact(19)
    for (let count = 0; count < 5; count++) slot()
    now = 60_000
    const before = kinds(15)
    assert.equal(before, Array.from({ length: 15 }, () => 'slot').join())
    let waiting = 0
    while (ask().got === 'waits') waiting++
    assert.ok(waiting > 100, `${waiting} wait`)
    assert.ok(later().later < 3000)
  })

  test('and wants less gets half the connections, and does not rest', () => {
    transact(9)
    transact(1, 'crowded')
    assert.equal(kinds(6).split('waits')[0], 'slot,'.repeat(5))
  })

  test('and refuses mail because of the sender keeps its connections', () => {
    transact(9)
    transact(50, 'answered')
    assert.equal(kinds(11).split('waits')[0], 'slot,'.repeat(10))
  })
})

describe('a site that is down', () => {
  beforeEach(() => transact(3, DOWN, 0))

  test('rests: no attempt is made, and its jobs return when the rest is over, one after the other', () => {
    assert.deepEqual(
      [later(), later()],
      [
        { later: 1010, trouble: 'refused' },
        { later: 1020, trouble: 'refused' },
      ],
    )
  })

  test('is probed by one job after its rest, and the others wait for that one', () => {
    now = 1000
    const probe = slot()
    const other = ask()
    assert.equal(other.got, 'waits')
    schedule.done(probe, 'works', now)
    assert.deepEqual(schedule.answers(now), [{ who: other.who, answer: 'slot' }])
  })

  test('postpones its waiters when a probe fails, and rests longer', () => {
    now = 1000
    const probe = slot()
    const other = ask()
    schedule.done(probe, DOWN, now)
    assert.deepEqual(schedule.answers(now), [{ who: other.who, answer: { later: 2010, trouble: 'refused' } }])
  })

  test('is probed at once for an administrator', () => {
    const probe = slot({ urgent: true })
    assert.equal(ask({ urgent: true }).got, 'waits')
    schedule.done(probe, 'works', now)
    assert.equal(schedule.answers(now).length, 1)
  })

  test('gets a few simultaneous last attempts of messages that expire', () => {
    assert.equal(kinds(7, { last: true }), 'slot,slot,slot,slot,slot,waits,waits')
    later()
    now = MAX_WAIT_MS
    assert.equal(schedule.answers(now).length, 2)
  })

  test('with many jobs gets them back spread over a longer time', () => {
    const times = Array.from({ length: 20_000 }, () => later().later)
    assert.equal(times.at(-1), 201_000)
    assert.equal(new Set(times).size, times.length)
  })

  test('shares the rate of returns with all other sites', () => {
    const shared = new Spread(100)
    const all = [0, 1].map(() => new SiteSchedule<number>(TIMES, shared))
    for (const one of all)
      for (let who = 0; who < 3; who++) {
        one.ask(who, { limit: 1 }, 0)
        one.done(who, DOWN, 0)
      }
    assert.deepEqual(
      all.map((one) => one.ask(9, { limit: 1 }, 0)),
      [
        { later: 1100, trouble: 'refused' },
        { later: 1200, trouble: 'refused' },
      ],
    )
  })
})

test('in any sequence of events no more jobs run than allowed, none waits past its deadline, and each is answered exactly once', () => {
  const finding = fc.constantFrom<Finding>('works', 'works', 'works', 'crowded', 'answered', 'unknown', DOWN)
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('ask' as const),
      limit: fc.integer({ min: 1, max: 8 }),
      urgent: fc.boolean(),
      last: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('done' as const), which: fc.nat(20), finding }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(5000) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const site = new SiteSchedule<number>(TIMES, new Spread(1))
      const [running, waiting] = [new Set<number>(), new Map<number, number>()]
      let [time, asked, answered] = [0, 0, 0]
      const settle = (who: number, answer: 'slot' | Later): void => {
        answered++
        if (answer === 'slot') running.add(who)
        else assert.ok(Number.isInteger(answer.later) && answer.later > 0 && answer.later <= 8000 + 3_600_000)
      }
      const serve = (): void => {
        for (const { who, answer } of site.answers(time)) {
          assert.ok(waiting.delete(who), 'an answer to somebody who does not wait')
          settle(who, answer)
        }
        for (const deadline of waiting.values()) assert.ok(deadline > time, 'somebody waits past the deadline')
      }
      for (const one of steps) {
        if (one.kind === 'ask') {
          const before = running.size
          const got = site.ask(asked, one, time)
          if (got === 'waits') waiting.set(asked, time + MAX_WAIT_MS)
          else settle(asked, got)
          if (got === 'slot' && !one.last) assert.ok(before < site.allowed(time))
          asked++
        } else if (one.kind === 'done') {
          const who = [...running][one.which % Math.max(1, running.size)]
          if (who === undefined) continue
          running.delete(who)
          site.done(who, one.finding, time)
          // The second report is ignored.
          site.done(who, one.finding, time)
        } else time = Math.min(time + one.ms, site.nextDeadline ?? Infinity)
        serve()
        assert.deepEqual([site.running, site.waiting], [running.size, waiting.size])
        assert.equal(asked, answered + waiting.size)
        assert.ok(site.waiting <= 60)
        // A site with a free slot has no waiters.
        if (waiting.size > 0) assert.ok(site.running >= Math.min(1, site.allowed(time)))
      }
    }),
  )
})
