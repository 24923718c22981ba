import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBreaker } from './breaker.ts'

function breakerAt() {
  const clock = { now: 0 }
  return { clock, breaker: createBreaker({ failures: 3, openMs: 1000, now: () => clock.now }) }
}
const fail = (breaker: ReturnType<typeof createBreaker>): void => {
  assert.equal(breaker.admits(), true)
  breaker.failed()
}

test('consecutive failures open the breaker, and a success restarts the count', () => {
  const { breaker } = breakerAt()
  fail(breaker)
  fail(breaker)
  assert.equal(breaker.admits(), true)
  breaker.succeeded()
  fail(breaker)
  fail(breaker)
  assert.equal(breaker.state, 'closed')
  fail(breaker)
  assert.equal(breaker.state, 'open')
  assert.equal(breaker.admits(), false)
})

test('after the open time one probe is admitted, and its result decides', () => {
  const { breaker, clock } = breakerAt()
  for (let count = 0; count < 3; count++) fail(breaker)
  clock.now = 1000
  assert.equal(breaker.state, 'half-open')
  assert.deepEqual([breaker.admits(), breaker.admits()], [true, false])
  breaker.failed()
  assert.equal(breaker.admits(), false)
  clock.now = 2000
  assert.equal(breaker.admits(), true)
  breaker.succeeded()
  assert.equal(breaker.state, 'closed')
  assert.deepEqual([breaker.admits(), breaker.admits()], [true, true])
})

test('a request that was admitted before the breaker opened and fails later does not extend the open time', () => {
  const { breaker, clock } = breakerAt()
  for (let count = 0; count < 5; count++) assert.equal(breaker.admits(), true)
  for (let count = 0; count < 3; count++) breaker.failed()
  clock.now = 900
  breaker.failed()
  breaker.failed()
  clock.now = 1000
  assert.equal(breaker.admits(), true)
})
