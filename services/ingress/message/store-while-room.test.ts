import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeWhileRoom } from './store-while-room.ts'

test('the result of storing is passed on, whether the disk has room or not', async () => {
  assert.equal(
    await storeWhileRoom(
      () => Promise.resolve('stored'),
      () => false,
    ),
    'stored',
  )
  await assert.rejects(
    storeWhileRoom(
      () => Promise.reject(new Error('refused')),
      () => true,
    ),
    /refused/,
  )
})

test('storing is given up after ten seconds without room on the disk', async (context) => {
  let now = 0
  let room = false
  context.mock.method(performance, 'now', () => now)
  context.mock.timers.enable({ apis: ['setInterval'] })
  let signal: AbortSignal | undefined
  const waits = storeWhileRoom(
    (full) => {
      signal = full
      return new Promise((_, reject) => full.addEventListener('abort', () => reject(full.reason as Error)))
    },
    () => room,
  )
  const pass = (ms: number): void => {
    for (const end = now + ms; now < end; now += 500) context.mock.timers.tick(500)
  }
  pass(9000)
  room = true
  pass(1000)
  room = false
  pass(9500)
  assert.equal(signal?.aborted, false)
  pass(2000)
  assert.equal(signal.aborted, true)
  await assert.rejects(waits, /the queue's disk is full/)
})
