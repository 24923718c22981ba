import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { createConnectionLimiter } from './connection-limiter.ts'
import type { AdmittedConnection } from './connection-limiter.ts'

function doorOf(given: Partial<typeof DEFAULT_PROTECTION>, known: string[] = []) {
  let at = 1_000_000
  const ended: string[] = []
  const settings = { ...DEFAULT_PROTECTION, ...given }
  const limiter = createConnectionLimiter(
    () => settings,
    (address) => known.includes(address),
    () => at,
  )
  return {
    limiter,
    ended,
    pass: (ms: number) => void (at += ms),
    come(address: string, trusted = false) {
      const visit = limiter.enter({ address, trusted, end: (reason) => ended.push(`${address} ${reason}`) })
      return visit
    },
  }
}

const isIn = (visit: AdmittedConnection | string): visit is AdmittedConnection => typeof visit !== 'string'

describe('who may connect', () => {
  test('a network has so many connections that have not logged in, and no bound for those that have', () => {
    const { come } = doorOf({ strangersPerNetwork: 2 })
    const first = come('192.0.2.1')
    assert.ok(isIn(first) && isIn(come('192.0.2.1')))
    assert.equal(come('192.0.2.1'), 'network')
    assert.ok(isIn(come('192.0.2.2')))
    first.loggedIn()
    assert.ok(isIn(come('192.0.2.1')))
    assert.equal(come('192.0.2.1'), 'network')
    first.leave()
    assert.equal(come('192.0.2.1'), 'network', 'who logged in was counted out once only')
  })

  test('when clients without a login fill their share the one who waits longest goes, and those who logged in stay', () => {
    const { come, ended, limiter } = doorOf({ connections: 4, strangersPercent: 50 })
    const owner = come('198.51.100.1')
    assert.ok(isIn(owner))
    owner.loggedIn()
    for (let host = 1; host <= 10; host++) assert.ok(isIn(come(`192.0.2.${host}`)))
    assert.equal(limiter.unauthenticated, 2)
    assert.deepEqual(ended.slice(0, 2), ['192.0.2.1 displaced', '192.0.2.2 displaced'])
    assert.equal(ended.length, 8)
  })

  test('when those who logged in have it all, the next one is asked to come back', () => {
    const { come } = doorOf({ connections: 10 })
    const visits = Array.from({ length: 10 }, (_, host) => come(`192.0.2.${host}`))
    for (const visit of visits) if (isIn(visit)) visit.loggedIn()
    assert.equal(come('198.51.100.1'), 'full')
    const [first] = visits
    if (first && isIn(first)) first.leave()
    assert.ok(isIn(come('198.51.100.1')))
  })

  test('who has not logged in by the deadline goes', () => {
    const { come, ended, pass, limiter } = doorOf({ loginDeadlineMs: 60_000 })
    const owner = come('198.51.100.1')
    come('192.0.2.1')
    if (isIn(owner)) owner.loggedIn()
    pass(30_000)
    come('192.0.2.2')
    pass(30_000)
    limiter.sweep()
    assert.deepEqual(ended, ['192.0.2.1 deadline'])
  })

  test('a network that nobody logged in from comes so many times a minute', () => {
    const { come, pass } = doorOf({ connectionsPerMinute: 3 }, ['198.51.100.1'])
    const times = (address: string) => Array.from({ length: 5 }, () => come(address)).filter(isIn).length
    assert.equal(times('192.0.2.1'), 3)
    assert.equal(times('198.51.100.1'), 5)
    pass(60_000)
    assert.equal(times('192.0.2.1'), 3)
  })

  test('a client in a trusted network needs no login', () => {
    const { come, limiter } = doorOf({ strangersPerNetwork: 1, connectionsPerMinute: 1 })
    assert.ok(Array.from({ length: 5 }, () => come('10.0.0.1', true)).every(isIn))
    assert.equal(limiter.unauthenticated, 0)
  })
})
