import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Job } from '@postrider/queue/job'
import type { Taken } from '@postrider/queue/take'
import type { Attempt } from '../attempt.ts'
import { decideOutcome } from './decide-outcome.ts'
import { deferOnFault } from './local-fault.ts'

const HOUR = 3.6e6
const START = 1_700_000_000_000
const retry = { firstMs: 300_000, capMs: 4 * HOUR, jitter: 0, lifetimeMs: 5 * 24 * HOUR }
const job: Job = {
  envelope: {
    id: 'a',
    from: 'sam@sender.test',
    recipients: [{ address: 'kim@remote.test' }],
    eightBit: false,
    utf8: false,
    domain: 'sender.test',
    credential: 'app@sender.test',
    acceptedAt: START,
    size: 1,
    messageId: '<1@sender.test>',
  },
  part: 0,
  attempt: 0,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
}

test('a job whose attempts always throw is deferred with growing delays, and bounces at the end of its lifetime', async () => {
  const faults: unknown[] = []
  const broken: Attempt = async () => Promise.reject(new TypeError('a fault'))
  const attempt = deferOnFault(broken, (error) => faults.push(error))
  let current = job
  let now = START
  const delays: number[] = []
  for (;;) {
    const outcome = await attempt({ job: current } as Taken, () => Promise.resolve([]))
    assert.ok('recipients' in outcome)
    const { event, next } = decideOutcome(current, outcome, { retry, now })
    const [first] = event.outcomes
    if (next === undefined) {
      assert.deepEqual([first?.state, first?.status], ['failed', '4.3.0'])
      break
    }
    assert.deepEqual([first?.state, first?.status], ['deferred', '4.3.0'])
    delays.push(next.at - now)
    now = next.at
    current = next.job
  }
  assert.ok(now - START <= retry.lifetimeMs)
  assert.ok(delays.length > 10 && delays.length < 60, String(delays.length))
  assert.deepEqual(delays.slice(0, 3), [300_000, 600_000, 1_200_000])
  assert.equal(faults.length, delays.length + 1)
})
