import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import { withLog } from '../../../test/support/message-log.ts'

const NOW = 1_700_000_000_000
const CONTENT = { stream: 'MAIL_0', seq: 1, parts: [] }

const envelope = {
  id: 'a',
  from: 'app@sender.test',
  domain: 'sender.test',
  credential: 'app@sender.test',
  acceptedAt: NOW,
  recipients: [{ address: 'kim@remote.test' }, { address: 'lee@remote.test' }],
} as unknown as Envelope

const failed = (...addresses: string[]): AttemptEvent => ({
  type: 'attempt',
  at: NOW,
  id: 'a',
  part: 0,
  attempt: 1,
  destination: 'remote.test',
  content: CONTENT,
  outcomes: addresses.map((address): RecipientOutcome => ({
    address,
    state: 'failed',
    category: 'other',
    reply: '550 no',
    status: '5.0.0',
    stage: 'rcpt',
  })),
})

test('an event that is read twice is recorded once', () => {
  withLog((writer, reader) => {
    writer.message(envelope, CONTENT)
    writer.event(failed('kim@remote.test'))
    writer.event(failed('kim@remote.test'))
    writer.event({ ...failed('kim@remote.test'), attempt: 2 })
    assert.equal(reader.story('a').length, 2)
  })
})

test('what was synced is in the file of the log, not only in its WAL', () => {
  withLog((writer, _, db) => {
    writer.queueNotice('n1', 'a', {})
    const copy = `${db.location() ?? ''}-copy`
    const inFile = () => {
      copyFileSync(db.location() ?? '', copy)
      const other = new DatabaseSync(copy)
      try {
        return other.prepare(`SELECT count(*) AS n FROM sqlite_schema WHERE name = 'outbox'`).get()?.['n'] === 1
          ? other.prepare('SELECT notice_id FROM outbox').all().length
          : 0
      } finally {
        other.close()
      }
    }
    assert.equal(inFile(), 0)
    writer.sync()
    assert.equal(inFile(), 1)
  })
})

test('another record of a message that is known is noted as a discard, and a record that is read twice is not', () => {
  withLog((writer, reader, db) => {
    const discards = () =>
      db
        .prepare('SELECT id, stream, parts FROM discards')
        .all()
        .map((row) => ({ ...row }))
    writer.message(envelope, CONTENT)
    writer.message(envelope, CONTENT)
    writer.message(envelope, null)
    assert.deepEqual(discards(), [])
    writer.message(envelope, { stream: 'MAIL_0', seq: 4, parts: [2, 3] })
    assert.deepEqual(reader.message('a')?.content, CONTENT)
    writer.event({ type: 'erase', at: NOW, id: 'a', envelope })
    writer.message(envelope, { stream: 'MAIL_0', seq: 5, parts: [] })
    assert.equal(reader.message('a')?.content, null)
    assert.deepEqual(discards(), [{ id: 'a', stream: 'MAIL_0', parts: '[2,3,4,5]' }])
  })
})

const asReadByAnEarlierRelease = { ...envelope, from: '', recipients: '' } as unknown as Envelope

test('a message that an earlier release could not read is unknown, and its envelope is replaced when it can be read', () => {
  withLog((writer, reader) => {
    writer.message(asReadByAnEarlierRelease, CONTENT)
    assert.equal(reader.known('a'), false)
    writer.message(envelope, CONTENT)
    assert.equal(reader.known('a'), true)
    assert.deepEqual(reader.message('a')?.envelope, envelope)
    assert.equal(reader.message('a')?.open, 2)
    writer.event(failed('kim@remote.test', 'lee@remote.test'))
    assert.equal(reader.message('a')?.open, 0)
    // A known envelope is not replaced.
    writer.message(asReadByAnEarlierRelease, CONTENT)
    assert.deepEqual(reader.message('a')?.envelope, envelope)
    assert.equal(reader.message('a')?.settledAt, NOW)
  })
})

test('outcomes that were recorded before the envelope could be read are kept', () => {
  withLog((writer, reader) => {
    writer.message(asReadByAnEarlierRelease, CONTENT)
    writer.event(failed('kim@remote.test'))
    assert.notEqual(reader.message('a')?.settledAt, null)
    writer.message(envelope, CONTENT)
    assert.deepEqual([reader.message('a')?.open, reader.message('a')?.settledAt], [1, null])
    assert.deepEqual(
      reader.recipients('a').map(({ state }) => state),
      ['failed', 'queued'],
    )
  })
})
