import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Job } from '@postrider/queue/job'
import type { RetryConfig } from '@postrider/runtime-config/config'
import { MAX_QUEUED_OCTETS } from '../transaction/bounds.ts'
import { MAX_TEXT_OCTETS } from '@postrider/smtp/reply-bounds'
import type { RecipientResult, TransactionOutcome } from '../transaction/outcome.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import { decideOutcome, remaining, settledOnly } from './decide-outcome.ts'
import type { Decision } from './decide-outcome.ts'

const RETRY: RetryConfig = { firstMs: 300_000, capMs: 14_400_000, jitter: 0, lifetimeMs: 432_000_000 }
const NOW = 1_000_000

const jobFor = (addresses: string[], given: Partial<Job> = {}): Job => ({
  envelope: envelopeTo(addresses),
  part: 0,
  attempt: 0,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
  ...given,
})

const outcomeOf = (job: Job, results: Partial<RecipientResult>[]): TransactionOutcome => ({
  recipients: job.envelope.recipients.map((recipient, index) => ({
    recipient,
    result: 'refused',
    reply: '450 4.2.0 later',
    stage: 'rcpt',
    ...results[index],
  })),
})

const decide = (job: Job, outcome: TransactionOutcome): Decision =>
  decideOutcome(job, outcome, { retry: RETRY, now: NOW })

describe('the reply of a remote', () => {
  test('is cut to 512 octets in the queue, and to 4 KB in the log', () => {
    const job = jobFor(['a@remote.test', 'b@remote.test'])
    const reply = `450 4.2.0 ${'\ufffd'.repeat(3000)}`
    const outcome = {
      ...outcomeOf(job, [{ reply }, { reply: `550 5.1.1 ${reply}` }]),
      remote: remote('x'.repeat(2000)),
    }
    const { event, replies, next } = decide(job, outcome)
    for (const { reply: kept } of event.outcomes) assert.ok(Buffer.byteLength(kept) <= MAX_QUEUED_OCTETS)
    for (const logged of replies) assert.ok(Buffer.byteLength(logged) <= MAX_TEXT_OCTETS)
    assert.ok(Buffer.byteLength(next?.job.lastReply ?? '') <= MAX_QUEUED_OCTETS)
    assert.ok((event.remote?.host.length ?? 0) <= 255)
    assert.ok(JSON.stringify(event).length < 3000)
  })

  test('is classified by its whole text', () => {
    const job = jobFor(['a@remote.test'])
    const reply = `550 5.7.1 ${'x '.repeat(300)} blocked using zen.spamhaus.org`
    assert.equal(decide(job, outcomeOf(job, [{ reply }])).event.outcomes[0]?.category, 'blocklisted')
  })

  test('is stored with the host, even if the connection failed', () => {
    const job = jobFor(['a@remote.test'])
    const failed = { result: 'failed' as const, reply: 'connect: refused', errorCode: 'ECONNREFUSED' }
    const { event } = decide(job, { ...outcomeOf(job, [failed]), remote: remote('mx.remote.test') })
    assert.deepEqual(event.remote, { host: 'mx.remote.test', address: '192.0.2.1', tls: null, dsn: false })
  })
})

const remote = (host: string) => ({ host, address: '192.0.2.1', tls: null, dsn: false })

describe('recipients that follow in a further transaction', () => {
  const job = jobFor(['a@remote.test', 'b@remote.test', 'c@remote.test'], { attempt: 3 })
  const results: Partial<RecipientResult>[] = [
    { result: 'delivered', reply: '250 ok', stage: 'final' },
    { reply: '552 5.5.3 too many recipients', onward: true },
    { reply: '450 4.2.0 later' },
  ]

  test('leave a job that is due at once', () => {
    const { event, next } = decide(job, outcomeOf(job, results))
    assert.deepEqual([event.attempt, event.uncounted, event.nextAt], [4, true, NOW])
    assert.deepEqual(
      event.outcomes.map(({ state }) => state),
      ['delivered', 'deferred', 'deferred'],
    )
    assert.ok(next !== undefined)
    const { envelope, attempt, uncounted } = next.job
    assert.deepEqual(
      [envelope.recipients.map(({ address }) => address), attempt, uncounted],
      [['b@remote.test', 'c@remote.test'], 4, 1],
    )
  })

  test('do not count as an attempt in the next delay', () => {
    const after = decide(job, outcomeOf(job, results)).next?.job
    assert.ok(after !== undefined)
    const { event } = decide(after, outcomeOf(after, []))
    const usual = decide(job, outcomeOf(job, []))
    assert.equal(event.attempt, 5)
    assert.equal(event.nextAt, usual.event.nextAt)
  })

  test('can be restored from the job and the event after a crash', () => {
    const { event, next } = decide(job, outcomeOf(job, results))
    assert.deepEqual(remaining(job, event), next?.job)
  })

  test('are left out of metrics and the log', () => {
    const { event, replies } = settledOnly(decide(job, outcomeOf(job, results)))
    assert.deepEqual([event.outcomes.map(({ address }) => address), replies], [['a@remote.test'], ['250 ok']])
  })
})
