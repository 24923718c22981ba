import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { noTrouble, notedTrouble } from '../../../test/support/trouble.ts'
import { watchProgress } from './progress.ts'
import type { Progress } from './progress.ts'

async function untilCaughtUp(progress: Progress): Promise<void> {
  while (!progress.caughtUp) await pause(5)
  progress.stop()
}

test('the log has caught up when it contains what the leader had at the start, however much comes meanwhile', async () => {
  let last = 10
  const progress = watchProgress(() => Promise.resolve(last++), new Map([['EVENTS', 3]]), noTrouble, 5)
  await pause(50)
  assert.equal(progress.caughtUp, false)
  progress.reached('EVENTS', 9)
  assert.equal(progress.caughtUp, false)
  progress.reached('EVENTS', 10)
  assert.equal(progress.caughtUp, true)
  progress.stop()
})

test('a leader that does not answer is asked again, and the log has not caught up before', async () => {
  const { noted, trouble } = notedTrouble()
  const leader = { away: true }
  const progress = watchProgress(
    () => (leader.away ? Promise.reject(new Error('away')) : Promise.resolve(0)),
    new Map([['M', 0]]),
    trouble,
    5,
  )
  await pause(30)
  assert.equal(progress.caughtUp, false)
  leader.away = false
  await untilCaughtUp(progress)
  assert.deepEqual(noted, ['Error: away', 'over'])
})

test('the log catches up although a record was deleted after the start', async () => {
  let last = 10
  const progress = watchProgress(() => Promise.resolve(last), new Map([['M', 8]]), noTrouble, 5)
  await pause(20)
  last = 8
  await untilCaughtUp(progress)
})
