import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { createConnectionLimiter } from './connection-limiter.ts'
import type { AdmittedConnection } from './connection-limiter.ts'

function limiterWith(given: Partial<typeof DEFAULT_PROTECTION>, known: string[] = []) {
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
    advance: (ms: number) => void (at += ms),
    connect(address: string, trusted = false) {
      return limiter.admit({ address, trusted, end: (reason) => ended.push(`${address} ${reason}`) })
    },
  }
}

const isIn = (connection: AdmittedConnection | string): connection is AdmittedConnection =>
  typeof connection !== 'string'

describe('the connection limiter', () => {
  test('limits the unauthenticated connections of a network, but not the authenticated ones', () => {
    const { connect } = limiterWith({ strangersPerNetwork: 2 })
    const first = connect('192.0.2.1')
    assert.ok(isIn(first) && isIn(connect('192.0.2.1')))
    assert.equal(connect('192.0.2.1'), 'network')
    assert.ok(isIn(connect('192.0.2.2')))
    first.loggedIn()
    assert.ok(isIn(connect('192.0.2.1')))
    assert.equal(connect('192.0.2.1'), 'network')
    first.closed()
    assert.equal(connect('192.0.2.1'), 'network', 'a client that logged in and then closed is subtracted once')
  })

  test('closes the oldest unauthenticated client when their share is full, and keeps those that logged in', () => {
    const { connect, ended, limiter } = limiterWith({ connections: 4, strangersPercent: 50 })
    const owner = connect('198.51.100.1')
    assert.ok(isIn(owner))
    owner.loggedIn()
    for (let host = 1; host <= 10; host++) assert.ok(isIn(connect(`192.0.2.${host}`)))
    assert.equal(limiter.unauthenticated, 2)
    assert.deepEqual(ended.slice(0, 2), ['192.0.2.1 displaced', '192.0.2.2 displaced'])
    assert.equal(ended.length, 8)
  })

  test('rejects a connection when authenticated clients have all of them', () => {
    const { connect } = limiterWith({ connections: 10 })
    const admitted = Array.from({ length: 10 }, (_, host) => connect(`192.0.2.${host}`))
    for (const connection of admitted) if (isIn(connection)) connection.loggedIn()
    assert.equal(connect('198.51.100.1'), 'full')
    const [first] = admitted
    if (first && isIn(first)) first.closed()
    assert.ok(isIn(connect('198.51.100.1')))
  })

  test('closes clients that have not logged in by the deadline', () => {
    const { connect, ended, advance, limiter } = limiterWith({ loginDeadlineMs: 60_000 })
    const owner = connect('198.51.100.1')
    connect('192.0.2.1')
    if (isIn(owner)) owner.loggedIn()
    advance(30_000)
    connect('192.0.2.2')
    advance(30_000)
    limiter.sweep()
    assert.deepEqual(ended, ['192.0.2.1 deadline'])
  })

  test('limits the rate of new connections from a network without a recent login', () => {
    const { connect, advance } = limiterWith({ connectionsPerMinute: 3 }, ['198.51.100.1'])
    const times = (address: string) => Array.from({ length: 5 }, () => connect(address)).filter(isIn).length
    assert.equal(times('192.0.2.1'), 3)
    assert.equal(times('198.51.100.1'), 5)
    advance(60_000)
    assert.equal(times('192.0.2.1'), 3)
  })

  test('does not limit clients in trusted networks', () => {
    const { connect, limiter } = limiterWith({ strangersPerNetwork: 1, connectionsPerMinute: 1 })
    assert.ok(Array.from({ length: 5 }, () => connect('10.0.0.1', true)).every(isIn))
    assert.equal(limiter.unauthenticated, 0)
  })
})
