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

test('failures in a row open it, and a success between them restarts the count', () => {
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

test('after its time one may try, and decides for the others', () => {
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

test('those that were asked before it opened, and fail later, do not keep it open for longer', () => {
  const { breaker, clock } = breakerAt()
  for (let count = 0; count < 5; count++) assert.equal(breaker.admits(), true)
  for (let count = 0; count < 3; count++) breaker.failed()
  clock.now = 900
  breaker.failed()
  breaker.failed()
  clock.now = 1000
  assert.equal(breaker.admits(), true)
})
