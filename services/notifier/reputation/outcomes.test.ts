import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import type { AttemptEvent, OutcomeCategory, RecipientOutcome } from '@postrider/queue/event'
import { createLogWriter } from '../log/apply.ts'
import { createLogReader } from '../log/read.ts'
import { openLog } from '../log/schema.ts'
import { openOutcomes } from './outcomes.ts'

const NOW = Date.UTC(2026, 4, 4, 12)
const BUCKET = NOW / 600_000

const outcome = (address: string, state: RecipientOutcome['state'], category: OutcomeCategory): RecipientOutcome => ({
  address,
  state,
  category,
  reply: '',
  status: '5.0.0',
  stage: 'rcpt',
})

test('each recipient counts once, when it is settled, for the credential and the domain', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-outcomes-'))
  const db = openLog(join(folder, 'messages.sqlite'))
  try {
    const writer = createLogWriter(db)
    const reader = createLogReader(db)
    const outcomes = openOutcomes(db)
    const envelope = { id: 'a', credential: 'app@sender.test', domain: 'sender.test' } as Envelope
    const event = (attempt: number, ...list: RecipientOutcome[]): AttemptEvent => ({
      type: 'attempt',
      at: NOW,
      id: 'a',
      part: 0,
      attempt,
      destination: 'remote.test',
      content: { stream: 'MAIL_0', seq: 1, parts: [] },
      outcomes: list,
    })
    // In the order of the feed.
    const write = (attempt: AttemptEvent, of = envelope): void => {
      outcomes.noteAttempt(reader.counted(attempt), of)
      writer.event(attempt)
    }
    const first = event(
      1,
      outcome('kim@remote.test', 'delivered', 'other'),
      outcome('nobody@remote.test', 'failed', 'unknown-user'),
      outcome('later@remote.test', 'deferred', 'greylisted'),
    )
    write(first)
    write(first)
    write(event(2, outcome('later@remote.test', 'failed', 'spam-content')))
    write({ ...first, id: 'notice' }, { ...envelope, credential: '' })
    for (const account of ['credential/app@sender.test', 'domain/sender.test'])
      assert.deepEqual(outcomes.bucketsOf(account, NOW), [[BUCKET, 3, 1, 1]], account)
    assert.deepEqual([...outcomes.takeTouched()].sort(), ['credential/app@sender.test', 'domain/sender.test'])
    assert.equal(outcomes.takeTouched().size, 0)
    const verdict = { type: 'verdict', at: NOW, id: 'b', domain: 'sender.test', credential: 'app@sender.test' } as const
    const more = { scanner: 'rspamd', outcome: 'spam', reason: 'GTUBE' } as const
    outcomes.noteVerdict({ ...verdict, ...more, action: 'tag' })
    outcomes.noteVerdict({ ...verdict, ...more, action: 'reject' })
    outcomes.noteVerdict({ ...verdict, ...more, action: 'reject', outcome: 'unavailable' })
    // Once for each message: the event may come twice, and two scanners may reject the same message.
    outcomes.noteVerdict({ ...verdict, ...more, action: 'reject', at: NOW + 1 })
    outcomes.noteVerdict({ ...verdict, ...more, action: 'reject', scanner: 'clamav', outcome: 'infected' })
    assert.deepEqual(outcomes.bucketsOf('domain/sender.test', NOW), [[BUCKET, 4, 1, 2]])
    outcomes.noteVerdict({ ...verdict, ...more, action: 'hold', id: 'c' })
    assert.deepEqual(outcomes.bucketsOf('domain/sender.test', NOW), [[BUCKET, 5, 1, 3]])
    const later = NOW + 9 * 86_400_000
    outcomes.prune(later)
    assert.deepEqual(outcomes.bucketsOf('domain/sender.test', NOW), [])
    assert.deepEqual(db.prepare('SELECT * FROM verdicts').all(), [])
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
})
