import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { createLoginGuard } from './login-guard.ts'

const MINUTE = 60_000
const settings = {
  ...DEFAULT_PROTECTION,
  loginFailures: 3,
  accountFailures: 5,
  windowMs: 10 * MINUTE,
  blockMs: 15 * MINUTE,
}

function guarded(given = settings) {
  let at = 1_000_000
  const guard = createLoginGuard(
    () => given,
    () => at,
  )
  return {
    ...guard,
    pass: (ms: number) => void (at += ms),
    fail(account: string, address: string, times = 1): number {
      let delay = 0
      for (let time = 0; time < times; time++) delay = guard.failed({ account, address })
      return delay
    },
    open: (account: string, address: string) => guard.check({ account, address }).blockedMs === 0,
  }
}

describe('a login attempt', () => {
  test('a network with too many failures is blocked for all accounts, for the block time', () => {
    const { fail, open, pass } = guarded()
    fail('a@x.test', '192.0.2.1', 2)
    assert.ok(open('a@x.test', '192.0.2.1'))
    fail('b@x.test', '192.0.2.1')
    assert.ok(!open('a@x.test', '192.0.2.1'))
    assert.ok(!open('never-seen@x.test', '192.0.2.1'))
    assert.ok(open('a@x.test', '192.0.2.2'))
    pass(15 * MINUTE)
    assert.ok(open('a@x.test', '192.0.2.1'))
  })

  test('an IPv6 network is a /64, and an IPv4 address seen through IPv6 is itself', () => {
    const { fail, open } = guarded()
    fail('a@x.test', '2001:db8:0:1::1', 2)
    fail('a@x.test', '2001:db8:0:1:ffff::2')
    assert.ok(!open('a@x.test', '2001:db8:0:1:1:2:3:4'))
    assert.ok(open('a@x.test', '2001:db8:0:2::1'))
    fail('a@x.test', '::ffff:192.0.2.9', 3)
    assert.ok(!open('a@x.test', '192.0.2.9'))
  })

  test('an account that logged in from a network recently is not locked out by failures of others there', () => {
    const { fail, open, succeeded, check, pass } = guarded()
    succeeded({ account: 'owner@x.test', address: '192.0.2.1' })
    fail('victim@x.test', '192.0.2.1', 3)
    assert.ok(!open('victim@x.test', '192.0.2.1'))
    assert.ok(open('owner@x.test', '192.0.2.1'))
    pass(8 * 86_400_000)
    assert.ok(!check({ account: 'owner@x.test', address: '192.0.2.1' }).familiar)
  })

  test("guesses at the owner's account from their own network are bounded too, and do not affect other networks", () => {
    const { fail, open, succeeded } = guarded()
    succeeded({ account: 'owner@x.test', address: '192.0.2.1' })
    fail('owner@x.test', '192.0.2.1', 3)
    assert.ok(!open('owner@x.test', '192.0.2.1'))
    assert.ok(open('owner@x.test', '192.0.2.2'))
    assert.ok(open('other@x.test', '192.0.2.1'))
  })

  test('guesses at an account from many networks leave one guess to each network, and do not lock out its owner', () => {
    const { fail, open, succeeded } = guarded()
    succeeded({ account: 'owner@x.test', address: '203.0.113.1' })
    for (let host = 1; host <= 5; host++) fail('owner@x.test', `192.0.2.${host}`)
    assert.ok(open('owner@x.test', '192.0.2.6'), 'a network without a failure')
    fail('owner@x.test', '192.0.2.6')
    assert.ok(!open('owner@x.test', '192.0.2.6'))
    assert.ok(open('owner@x.test', '203.0.113.1'), 'where the owner was')
    assert.ok(open('other@x.test', '192.0.2.6'), 'another account')
  })

  test('failures further apart than the window never cause a block', () => {
    const { fail, open, pass } = guarded()
    for (let time = 0; time < 20; time++) {
      fail('a@x.test', '192.0.2.1', 2)
      pass(10 * MINUTE)
    }
    assert.ok(open('a@x.test', '192.0.2.1'))
  })

  test('the delay grows with each failure, up to a limit', () => {
    const { fail } = guarded({ ...settings, loginFailures: 0, accountFailures: 0 })
    const delays = Array.from({ length: 7 }, () => fail('a@x.test', '192.0.2.1'))
    assert.deepEqual(delays, [250, 500, 1000, 2000, 4000, 4000, 4000])
  })

  test('0 turns a block off', () => {
    const { fail, open } = guarded({ ...settings, loginFailures: 0, accountFailures: 0 })
    fail('a@x.test', '192.0.2.1', 1000)
    assert.ok(open('a@x.test', '192.0.2.1'))
  })
})
