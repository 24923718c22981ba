import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEASE_MS, NO_SESSIONS, closeSession, count, openSession, renewLease } from './sessions.ts'
import type { Sessions } from './sessions.ts'

const opened = (sessions: Sessions, holder: string, now: number): Sessions => {
  const result = openSession(sessions, holder, 3, now)
  assert.ok('sessions' in result)
  return result.sessions
}

test('sessions of all processes count together, and an end makes room', () => {
  let state = opened(opened(opened(NO_SESSIONS, 'one', 0), 'two', 1), 'one', 2)
  assert.deepEqual(openSession(state, 'two', 3, 3), { used: 3 })
  state = closeSession(state, 'one', 4)
  assert.equal(count(state, 4), 2)
  assert.equal(count(opened(state, 'two', 5), 5), 3)
})

test('a process that renews keeps its sessions; one that is killed loses them when its lease ends', () => {
  let state = opened(opened(NO_SESSIONS, 'kept', 0), 'killed', 0)
  state = renewLease(state, 'kept', 1, LEASE_MS / 3)
  assert.equal(count(state, LEASE_MS - 1), 2)
  assert.equal(count(state, LEASE_MS), 1)
})

test('a process whose lease had expired counts its known sessions again', () => {
  const state = renewLease(opened(NO_SESSIONS, 'one', 0), 'one', 2, 2 * LEASE_MS)
  assert.equal(count(state, 2 * LEASE_MS), 2)
})

test('closing a session twice, or after the lease has ended, frees no session of another process', () => {
  const state = opened(opened(NO_SESSIONS, 'one', 0), 'two', 0)
  const less = closeSession(closeSession(state, 'one', 1), 'one', 2)
  assert.equal(count(less, 2), 1)
})

test('a lease of a clock that was ahead no longer counts, and its holder starts again with its known sessions', () => {
  const ahead = opened(NO_SESSIONS, 'one', 3_600_000)
  assert.equal(count(ahead, 0), 0)
  assert.equal(count(renewLease(ahead, 'one', 1, 0), 0), 1)
  assert.equal(count(opened(NO_SESSIONS, 'one', LEASE_MS / 2), 0), 1)
})
