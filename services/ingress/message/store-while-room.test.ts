import assert from 'node:assert/strict'
import { test } from 'node:test'
import { storeWhileRoom } from './store-while-room.ts'

test('the result of storing is passed on, whether the disk has room or not', async () => {
  assert.equal(await storeWhileRoom(Promise.resolve('stored'), () => false), 'stored')
  await assert.rejects(
    storeWhileRoom(Promise.reject(new Error('refused')), () => true),
    /refused/,
  )
})

test('storing is given up after ten seconds without room on the disk', async (context) => {
  let now = 0
  context.mock.method(performance, 'now', () => now)
  context.mock.timers.enable({ apis: ['setInterval'] })
  const waits = storeWhileRoom(new Promise(() => undefined), () => false)
  let refused = false
  waits.catch(() => (refused = true))
  for (; now < 11_000; now += 500) {
    context.mock.timers.tick(500)
    await Promise.resolve()
  }
  await assert.rejects(waits, /did not confirm the message within 10000 ms/)
  assert.ok(refused)
})
