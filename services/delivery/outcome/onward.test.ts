import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import type { Job } from '@postrider/queue/job'
import { connect } from '../transaction/connection.ts'
import type { TransactionOutcome } from '../transaction/outcome.ts'
import { PeerMemory } from '../transaction/peer-memory.ts'
import { sendInSeries } from '../transaction/series.ts'
import { TIMEOUTS, envelopeTo, optionsFor } from '../../../test/support/scripted-receiver/client.ts'
import { startReceiver } from '../../../test/support/scripted-receiver/scripted-receiver.ts'
import type { Answer, Step } from '../../../test/support/scripted-receiver/script.ts'
import { TIME_LIMITS } from '../transaction/time-limits.ts'
import { judge } from './judge.ts'
import type { Judgement } from './judge.ts'
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
  const ended: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ended.splice(0)) await end()
  })

  /** Takes one recipient a transaction; the time is over after the first transaction. */
  async function outcomeOf(over: string, final: string): Promise<TransactionOutcome> {
    const script = ({ stage, time }: Step): Answer | undefined =>
      stage === 'rcpt' && time > 1 ? over : stage === 'final' ? final : undefined
    const receiver = await startReceiver({ script })
    ended.push(() => receiver.close())
    const connection = await connect(optionsFor(receiver))
    ended.push(() => connection.dialogue.destroy())
    const { outcome } = await sendInSeries(
      connection,
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

  const verdict = (outcome: TransactionOutcome, given = { progressed: false, expired: false }, now = NOW): Judgement =>
    judge(job, boundOnward(outcome, given), { retry: RETRY, now })
  const states = ({ event }: Judgement): string[] => event.outcomes.map(({ state }) => state)

  test('the others go on at once and uncounted when it settled one', async () => {
    const judgement = verdict(await outcomeOf('452 4.5.3 too many recipients', '250 ok'))
    assert.deepEqual(states(judgement), ['delivered', 'deferred', 'deferred'])
    assert.deepEqual([judgement.event.uncounted, judgement.next?.at], [true, NOW])
  })

  for (const over of ['452 4.5.3 too many recipients', '552 5.5.3 too many recipients']) {
    for (const final of ['451 4.3.0 later', '552 5.2.2 mailbox full']) {
      test(`the attempt counts when no recipient is settled: ${over}, then ${final}`, async () => {
        const judgement = verdict(await outcomeOf(over, final))
        assert.deepEqual(states(judgement), ['deferred', 'deferred', 'deferred'])
        assert.deepEqual([judgement.event.uncounted, judgement.next?.at], [undefined, NOW + RETRY.firstMs])
      })
    }
  }

  test('the others go on when an earlier transaction of the attempt settled somebody', async () => {
    const outcome = await outcomeOf('452 4.5.3 too many recipients', '451 4.3.0 later')
    assert.equal(verdict(outcome, { progressed: true, expired: false }).event.uncounted, true)
  })

  test('a message past its lifetime expires', async () => {
    const outcome = await outcomeOf('452 4.5.3 too many recipients', '250 ok')
    const judgement = verdict(outcome, { progressed: true, expired: true }, RETRY.lifetimeMs)
    assert.deepEqual(states(judgement), ['delivered', 'failed', 'failed'])
    assert.equal(judgement.event.outcomes[1]?.status, '4.4.7')
    assert.equal(judgement.next, undefined)
  })
})
