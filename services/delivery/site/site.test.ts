import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import type { Route } from '../route/route.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import type { Finding } from './findings.ts'
import { MAX_WAIT_MS } from './schedule.ts'
import type { SlotOrLater, Slot } from './site.ts'
import { siteTimes } from './site.ts'
import { createSites } from './sites.ts'
import type { Sites } from './sites.ts'

let now = 0
let sites: Sites
beforeEach(() => {
  now = 1_000_000
  sites = createSites(
    () => ({ idleMs: 60_000, restMs: 1000, maxRestMs: 8000 }),
    () => now,
  )
})
afterEach(() => sites.close())

const route = (site: string, given: Partial<Route> = {}): Route => ({
  site,
  name: site,
  hosts: [],
  tls: 'opportunistic',
  connections: 20,
  messagesPerConnection: 100,
  ...given,
})

/** A fake connection with the members that a site uses. */
function connection(): SmtpConnection & { ended: boolean; lost: boolean } {
  const made = {
    ended: false,
    lost: false,
    used: 1,
    dialogue: {
      get usable() {
        return !made.ended && !made.lost
      },
      end: () => (made.ended = true),
      destroy: () => (made.ended = true),
    },
  }
  return made as unknown as SmtpConnection & { ended: boolean; lost: boolean }
}

const any = (): boolean => true

async function slotOf(place: Promise<SlotOrLater>): Promise<Slot> {
  const got = await place
  assert.ok('release' in got, `no slot: ${JSON.stringify(got)}`)
  return got
}

/** The state of a reservation. */
async function state(place: Promise<SlotOrLater>): Promise<'slot' | 'waits' | 'later'> {
  const got = await Promise.race([place, setImmediate()])
  if (got === undefined) return 'waits'
  return 'release' in got ? 'slot' : 'later'
}

async function states(on: Route, count: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const place of Array.from({ length: count }, () => sites.reserve(on))) {
    const is = await state(place)
    counts[is] = (counts[is] ?? 0) + 1
  }
  return counts
}

async function make(on: Route, finding: Finding, times = 1): Promise<void> {
  for (let count = 0; count < times; count++) (await slotOf(sites.reserve(on))).release({ finding })
}

/** Makes transactions until the site has this width. */
const widen = (on: Route, width: number): Promise<void> => make(on, 'works', width - 1)

describe('a site', () => {
  test('starts with one connection and few waiters, and postpones the others', async () => {
    assert.deepEqual(await states(route('a'), 40), { slot: 1, waits: 2, later: 37 })
  })

  test('that is full does not affect another', async () => {
    await states(route('a'), 40)
    assert.deepEqual(await states(route('b'), 1), { slot: 1 })
  })

  test('widens with each success up to the limit of its policy', async () => {
    const on = route('a', { connections: 8 })
    await make(on, 'works', 20)
    assert.deepEqual(await states(on, 9), { slot: 8, waits: 1 })
  })

  test('is never wider than the limit of its policy, even after that was lowered', async () => {
    await widen(route('a'), 10)
    assert.deepEqual(await states(route('a', { connections: 2 }), 3), { slot: 2, waits: 1 })
  })

  test('does not change its width because of a transaction without a finding', async () => {
    await make(route('a'), 'unknown', 10)
    assert.deepEqual(await states(route('a'), 2), { slot: 1, waits: 1 })
  })

  test('that is down postpones its mail with a reason, and is probed by one job', async () => {
    await make(route('a'), { unreachable: 'ECONNREFUSED' }, 3)
    const place = await sites.reserve(route('a'))
    assert.ok('later' in place && place.later > 1000 && place.later < 1100)
    assert.equal(place.trouble, 'ECONNREFUSED')
    now += 1000
    assert.deepEqual(await states(route('a'), 2), { slot: 1, waits: 1 })
  })

  test('that goes down postpones its waiters', async () => {
    await widen(route('a'), 5)
    const slots = await Promise.all(Array.from({ length: 5 }, () => slotOf(sites.reserve(route('a')))))
    const waiting = Array.from({ length: 20 }, () => sites.reserve(route('a')))
    assert.equal(await state(waiting[0] as Promise<SlotOrLater>), 'waits')
    for (const slot of slots.slice(0, 3)) slot.release({ finding: { unreachable: 'TIMEOUT' } })
    const outcomes = await Promise.all(waiting.map(state))
    assert.ok(!outcomes.includes('waits') && !outcomes.includes('slot'), outcomes.join())
  })

  test('gives a freed slot to the oldest waiter', async () => {
    const on = route('a', { connections: 1 })
    const slot = await slotOf(sites.reserve(on))
    const [first, second] = [sites.reserve(on), sites.reserve(on)]
    slot.release({ finding: 'works' })
    assert.deepEqual([await state(first), await state(second)], ['slot', 'waits'])
  })

  test('postpones waiters for which no slot is freed in time', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const on = route('a', { connections: 1 })
    await slotOf(sites.reserve(on))
    const waiting = sites.reserve(on)
    now += MAX_WAIT_MS - 1
    context.mock.timers.tick(MAX_WAIT_MS - 1)
    assert.equal(await state(waiting), 'waits')
    now += 1
    context.mock.timers.tick(1)
    assert.equal(await state(waiting), 'later')
  })

  test('counts a slot once that is released twice', async () => {
    const on = route('a', { connections: 1 })
    const slot = await slotOf(sites.reserve(on))
    slot.release({ finding: 'works' })
    slot.release({ finding: 'works' })
    assert.deepEqual(await states(on, 2), { slot: 1, waits: 1 })
  })
})

describe('an idle connection', () => {
  test('serves the next message', async () => {
    const on = route('a')
    await widen(on, 4)
    const kept = connection()
    ;(await slotOf(sites.reserve(on))).release({ connection: kept, finding: 'works' })
    assert.equal((await slotOf(sites.reserve(on))).takeIdle(any), kept)
    assert.equal((await slotOf(sites.reserve(on))).takeIdle(any), undefined)
  })

  test('that was lost meanwhile is not used', async () => {
    const on = route('a')
    await widen(on, 4)
    const kept = connection()
    ;(await slotOf(sites.reserve(on))).release({ connection: kept, finding: 'works' })
    kept.lost = true
    assert.equal((await slotOf(sites.reserve(on))).takeIdle(any), undefined)
    assert.equal(sites.connections, 1)
  })

  test('serves only messages that it fits', async () => {
    const on = route('a')
    await widen(on, 4)
    const kept = connection()
    ;(await slotOf(sites.reserve(on))).release({ connection: kept, finding: 'works' })
    const slot = await slotOf(sites.reserve(on))
    assert.equal(
      slot.takeIdle((each) => each !== kept),
      undefined,
    )
    assert.equal(
      slot.takeIdle((each) => each === kept),
      kept,
    )
    assert.equal(
      slot.takeIdle((each) => each === kept),
      undefined,
    )
  })

  test('never serves another site', async () => {
    ;(await slotOf(sites.reserve(route('a')))).release({ connection: connection(), finding: 'works' })
    assert.equal((await slotOf(sites.reserve(route('b')))).takeIdle(any), undefined)
  })

  test('is closed for a new one if the site would have too many connections', async () => {
    const on = route('a', { connections: 1 })
    const kept = connection()
    ;(await slotOf(sites.reserve(on))).release({ connection: kept, finding: 'works' })
    const slot = await slotOf(sites.reserve(on))
    assert.equal(kept.ended, false)
    slot.opening()
    assert.equal(kept.ended, true)
    assert.equal(sites.connections, 1)
  })

  test('ends with QUIT after the idle time', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] })
    const on = route('a')
    await widen(on, 4)
    const kept = connection()
    ;(await slotOf(sites.reserve(on))).release({ connection: kept, finding: 'works' })
    context.mock.timers.tick(59_999)
    assert.equal(kept.ended, false)
    context.mock.timers.tick(1)
    assert.deepEqual([kept.ended, sites.connections], [true, 0])
  })

  test('ends with the sites; a busy one ends when its slot is released', async () => {
    const on = route('a')
    await widen(on, 4)
    const [first, second] = [connection(), connection()]
    const [one, two] = [await slotOf(sites.reserve(on)), await slotOf(sites.reserve(on))]
    one.release({ connection: first, finding: 'works' })
    sites.close()
    assert.equal(first.ended, true)
    two.release({ connection: second, finding: 'works' })
    assert.deepEqual([second.ended, sites.connections], [true, 0])
  })
})

test('no site rests longer than the shortest delay between two attempts', () => {
  const rests = (firstMs: number, capMs: number) => {
    const { restMs, maxRestMs } = siteTimes({ firstMs, capMs })
    return [restMs, maxRestMs]
  }
  assert.deepEqual(rests(300_000, 14_400_000), [1000, 60_000])
  assert.deepEqual(rests(20, 1000), [20, 20])
  assert.deepEqual(rests(60_000, 5000), [1000, 5000])
})
