import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Job } from '@postrider/queue/job'
import type { TransactionOutcome } from '../transaction/outcome.ts'
import { PeerMemory } from '../transaction/peer-memory.ts'
import { sendInSeries } from '../transaction/series.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { TIMEOUTS, remotes } from '../../../test/support/receiver/client.ts'
import { TIME_LIMITS } from '../transaction/time-limits.ts'
import { decideOutcome } from './decide-outcome.ts'
import type { Decision } from './decide-outcome.ts'
import { boundOnward } from './onward.ts'

const RETRY = { firstMs: 300_000, capMs: 14_400_000, jitter: 0, lifetimeMs: 432_000_000 }
const NOW = 1_000_000
const TO = ['a@remote.test', 'b@remote.test', 'c@remote.test']

const job: Job = {
  envelope: envelopeTo(TO),
  part: 1,
  attempt: 0,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
}

describe('when the time of an attempt is over before all recipients had their turn', () => {
  const { receive, open } = remotes()

  /** The remote accepts one recipient in a transaction; the time is over after the first transaction. */
  async function outcomeOf(over: string, final: string): Promise<TransactionOutcome> {
    const receiver = await receive({ script: { rcpt: { limit: 1, over }, final } })
    const { outcome } = await sendInSeries(
      await open(receiver),
      { envelope: job.envelope, content: () => Buffer.from('Subject: a\r\n\r\nb\r\n') },
      {
        timeouts: TIMEOUTS,
        limits: { ...TIME_LIMITS, seriesMs: 0 },
        reopen: () => Promise.reject(new Error('not expected')),
        messagesPerConnection: 100,
        peers: new PeerMemory(),
      },
    )
    return outcome
  }

  const decide = (outcome: TransactionOutcome, given = { progressed: false, expired: false }, now = NOW): Decision =>
    decideOutcome(job, boundOnward(outcome, given), { retry: RETRY, now })
  const states = ({ event }: Decision): string[] => event.outcomes.map(({ state }) => state)

  test('the others continue at once and uncounted if it settled one', async () => {
    const decision = decide(await outcomeOf('452 4.5.3 too many recipients', '250 ok'))
    assert.deepEqual(states(decision), ['delivered', 'deferred', 'deferred'])
    assert.deepEqual([decision.event.uncounted, decision.next?.at], [true, NOW])
  })

  for (const over of ['452 4.5.3 too many recipients', '552 5.5.3 too many recipients']) {
    for (const final of ['451 4.3.0 later', '552 5.2.2 mailbox full']) {
      test(`the attempt counts when no recipient is settled: ${over}, then ${final}`, async () => {
        const decision = decide(await outcomeOf(over, final))
        assert.deepEqual(states(decision), ['deferred', 'deferred', 'deferred'])
        assert.deepEqual([decision.event.uncounted, decision.next?.at], [undefined, NOW + RETRY.firstMs])
      })
    }
  }

  test('the others continue if an earlier transaction of the attempt settled a recipient', async () => {
    const outcome = await outcomeOf('452 4.5.3 too many recipients', '451 4.3.0 later')
    assert.equal(decide(outcome, { progressed: true, expired: false }).event.uncounted, true)
  })

  test('a message expires at the end of its lifetime', async () => {
    const outcome = await outcomeOf('452 4.5.3 too many recipients', '250 ok')
    const decision = decide(outcome, { progressed: true, expired: true }, RETRY.lifetimeMs)
    assert.deepEqual(states(decision), ['delivered', 'failed', 'failed'])
    assert.equal(decision.event.outcomes[1]?.status, '4.4.7')
    assert.equal(decision.next, undefined)
  })
})
