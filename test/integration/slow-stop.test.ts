import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import { eventually } from '../support/eventually.ts'

/** Longer than the 40 s that a program without a grace of its own is given. */
const SLOW_MS = 50_000

test('a stop waits for the reply to a final dot that was sent: the message is delivered once', async () => {
  const remote = await startReceiver({
    script: { final: { delayMs: SLOW_MS } },
  })
  const platform = await startPlatform({
    routeTo: remote,
    platform: { delivery: { replicas: 2, timeouts: { final: '5m' } }, retry: { firstDelay: '1s' } },
  })
  after(async () => {
    await platform.stop()
    await remote.close()
    platform.remove()
  })
  const id = await platform.submit({ to: 'a@remote.test' })
  await eventually(() => assert.ok(remote.steps.some(({ stage }) => stage === 'final')), 60_000)
  await platform.restart()
  await eventually(async () => {
    const { recipients } = await platform.message(id)
    assert.deepEqual(
      recipients.map(({ state }) => state),
      ['delivered'],
    )
  }, 60_000)
  assert.equal(remote.steps.filter(({ stage }) => stage === 'final').length, 1)
})
