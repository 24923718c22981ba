import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import { EVENTS, HELD } from '@postrider/broker/names'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import type { AttemptEvent, QueueEvent, ReviewEvent } from '@postrider/queue/event'
import { headerFields, headersOf, payloadFields } from '@postrider/queue/record'
import { envelope } from '../../../test/support/envelope.ts'
import { storedRecords } from '../../../test/support/stored-records.ts'
import type { StoredRecords } from '../../../test/support/stored-records.ts'
import { createHeldLog } from '../review/held-log.ts'
import { createLogWriter } from './apply.ts'
import { createLogReader } from './read.ts'
import { readEntry } from './read-entry.ts'
import type { EntryDependencies, LogRecord } from './read-entry.ts'
import { openLog } from './schema.ts'

const MAIL = envelope({ id: 'q1' })
const JSON_OF_MAIL = JSON.stringify(MAIL)
const HEADER_RECORD = headersOf(headerFields(JSON_OF_MAIL, [4]))
const NOTHING = new Uint8Array()

let db: DatabaseSync
let stored: StoredRecords
let dependencies: EntryDependencies
let story: string[]

beforeEach(async () => {
  db = openLog(':memory:')
  stored = await storedRecords()
  story = []
  const writer = createLogWriter(db)
  dependencies = {
    broker: stored.broker,
    writer: {
      ...writer,
      event: (event) => {
        story.push('write')
        writer.event(event)
      },
    },
    reader: createLogReader(db),
    held: createHeldLog(db),
    beforeEvent: ({ type }) => void story.push(`before ${type}`),
    onEvent: ({ type }) => void story.push(`after ${type}`),
  }
})
afterEach(() => db.close())

const read = (stream: string, record: LogRecord) => readEntry(stream, record, dependencies)

describe('a message', () => {
  test('is written with the place of its content', async () => {
    const { write } = await read('MAIL_0', { seq: 5, headers: HEADER_RECORD, data: NOTHING })
    assert.equal(dependencies.reader.known('q1'), false)
    write()
    assert.deepEqual(dependencies.reader.message('q1')?.content, { stream: 'MAIL_0', seq: 5, parts: [4] })
  })

  test('whose envelope is in the payload is fetched when only its headers came', async () => {
    const fields = headersOf(payloadFields(MAIL, JSON_OF_MAIL.length))
    stored.put('MAIL_0', 5, `${JSON_OF_MAIL}Subject: x`, fields)
    const { write } = await read('MAIL_0', { seq: 5, headers: fields, data: NOTHING })
    write()
    assert.deepEqual(dependencies.reader.message('q1')?.envelope, MAIL)
  })

  test('without an envelope is malformed', async () => {
    await assert.rejects(read('MAIL_0', { seq: 5, headers: headersOf([]), data: NOTHING }), BadRecordError)
  })
})

test('a held message is written with why it is held, and is not in the queue', async () => {
  const why = { scanner: 'clamav', reason: 'Eicar' }
  const fields = headersOf([...headerFields(JSON_OF_MAIL), ['Postrider-Held', JSON.stringify(why)]])
  const { write } = await read(HELD, { seq: 2, headers: fields, data: NOTHING })
  write()
  assert.deepEqual(dependencies.held.find('q1')?.why, why)
  assert.equal(dependencies.reader.known('q1'), false)
})

const ATTEMPT: AttemptEvent = {
  type: 'attempt',
  at: 1,
  id: 'q1',
  part: 0,
  attempt: 1,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 5, parts: [] },
  outcomes: [
    {
      address: 'kim@remote.test',
      state: 'failed',
      reply: '550 no',
      status: '5.0.0',
      category: 'other',
      stage: 'rcpt',
    },
  ],
}
const events = (...list: unknown[]): LogRecord => ({ seq: 9, data: Buffer.from(JSON.stringify(list)) })

describe('a batch of events', () => {
  test('has what follows from an event done around its writing', async () => {
    stored.put('MAIL_0', 5, NOTHING, HEADER_RECORD)
    const { write } = await read(EVENTS, events(ATTEMPT))
    assert.deepEqual(story, [])
    write()
    assert.deepEqual(story, ['before attempt', 'write', 'after attempt'])
  })

  test('only passes on the outcomes that count, so that delivered mail does not bounce', async () => {
    stored.put('MAIL_0', 5, NOTHING, HEADER_RECORD)
    const passedOn: unknown[] = []
    const note = (event: QueueEvent) => void passedOn.push(event.type === 'attempt' && event.outcomes.length)
    dependencies = { ...dependencies, beforeEvent: note, onEvent: note }
    const delivered = { ...ATTEMPT, outcomes: ATTEMPT.outcomes.map((outcome) => ({ ...outcome, state: 'delivered' })) }
    const { write } = await read(EVENTS, events(delivered, ATTEMPT))
    write()
    assert.deepEqual(passedOn, [1, 1, 0, 0])
    assert.equal(dependencies.reader.recipients('q1')[0]?.state, 'delivered')
  })

  test('brings along the message of an event that came before it', async () => {
    stored.put('MAIL_0', 5, NOTHING, HEADER_RECORD)
    const { write } = await read(EVENTS, events(ATTEMPT))
    write()
    assert.deepEqual(dependencies.reader.message('q1')?.envelope, MAIL)
    assert.equal(dependencies.reader.recipients('q1')[0]?.state, 'failed')
  })

  test('leaves an event to a later release if only that can read its message, so that its notice is not lost', async () => {
    const later = JSON.stringify({ ...MAIL, v: 2 })
    stored.put('MAIL_0', 5, NOTHING, headersOf(headerFields(later)))
    stored.put('MAIL_0', 6, NOTHING, headersOf(headerFields(JSON.stringify({ ...MAIL, id: 'q2' }))))
    const batch = events(ATTEMPT, { ...ATTEMPT, id: 'q2', content: { stream: 'MAIL_0', seq: 6, parts: [] } })
    const { write, error } = await read(EVENTS, batch)
    assert.ok(error instanceof NewerRecordError)
    write()
    assert.deepEqual(story, ['before attempt', 'write', 'after attempt'])
    assert.deepEqual([dependencies.reader.recipients('q1'), dependencies.reader.known('q2')], [[], true])
    // As the later release reads it.
    stored.put('MAIL_0', 5, NOTHING, HEADER_RECORD)
    const passedOn: unknown[] = []
    const onEvent = (event: QueueEvent) => void passedOn.push([event.id, 'outcomes' in event && event.outcomes.length])
    const again = await readEntry(EVENTS, batch, { ...dependencies, onEvent })
    again.write()
    assert.equal(again.error, undefined)
    assert.deepEqual(passedOn, [
      ['q1', 1],
      ['q2', 0],
    ])
  })

  test('does without a message that is deleted, that cannot be read, or whose stream does not exist', async () => {
    stored.put('MAIL_0', 6, NOTHING, headersOf([]))
    for (const content of [
      { stream: 'MAIL_0', seq: 5, parts: [] },
      { stream: 'MAIL_0', seq: 6, parts: [] },
      { stream: 'MAIL_9', seq: 1, parts: [] },
    ]) {
      const { write, error } = await read(EVENTS, events({ ...ATTEMPT, content }))
      write()
      assert.deepEqual([error, dependencies.reader.known('q1')], [undefined, false])
    }
  })

  test('writes a decision about a held message where those are', async () => {
    const review: ReviewEvent = {
      type: 'review',
      at: 7,
      id: 'q1',
      decision: 'deleted',
      envelope: MAIL,
      why: { scanner: 'clamav', reason: 'Eicar' },
    }
    const { write } = await read(EVENTS, events(review))
    write()
    assert.equal(dependencies.held.find('q1')?.state, 'deleted')
    assert.deepEqual(story, ['before review', 'after review'])
  })

  test('is written but for the events that cannot be read, and those of a later release are named first', async () => {
    const later = { type: 'attempt', v: 2 }
    const { write, error } = await read(EVENTS, events({ type: 'attempt' }, later, { ...ATTEMPT, type: 'other' }))
    assert.ok(error instanceof NewerRecordError)
    write()
    assert.deepEqual(story, ['before other', 'write', 'after other'])
    assert.ok((await read(EVENTS, events({ type: 'attempt' }))).error instanceof BadRecordError)
  })

  test('that is not a list is malformed', async () => {
    await assert.rejects(read(EVENTS, { seq: 9, data: Buffer.from('{}') }), BadRecordError)
  })
})
