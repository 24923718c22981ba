import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import { EVENTS, HELD, JOBS, QUARANTINE } from '@postrider/broker/names'
import type { QueueEvent } from '@postrider/queue/event'
import { encodeJob } from '@postrider/queue/job'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import { headerFields, headersOf } from '@postrider/queue/record'
import { envelope } from '../../../test/support/envelope.ts'
import { recordingBroker } from '../../../test/support/recording-broker.ts'
import type { Published } from '../../../test/support/recording-broker.ts'
import { storedRecords } from '../../../test/support/stored-records.ts'
import type { StoredRecords } from '../../../test/support/stored-records.ts'
import { job } from '../../../test/support/taken-job.ts'
import { createLogWriter } from '../log/apply.ts'
import { createLogReader } from '../log/read.ts'
import type { LogReader } from '../log/read.ts'
import { openLog } from '../log/schema.ts'
import { createHeldLog } from '../review/held-log.ts'
import { createQuarantineDecisions } from './decide.ts'
import type { QuarantineDecisions } from './decide.ts'

const NOW = 1_700_000_000_000
const JOB = job({ lastReply: '450 later' })

let db: DatabaseSync
let stored: StoredRecords
let published: Published[]
let reader: LogReader
let events: QueueEvent[]
let decisions: QuarantineDecisions
/** For each sync of the log, whether the record was still in the quarantine. */
let inQuarantineAtSync: boolean[]

beforeEach(async () => {
  db = openLog(':memory:')
  reader = createLogReader(db)
  stored = await storedRecords()
  const recorded = recordingBroker()
  published = recorded.published
  events = []
  inQuarantineAtSync = []
  decisions = createQuarantineDecisions({
    broker: { ...recorded.broker, nc: stored.broker.nc, jsm: stored.broker.jsm, impatient: stored.broker.impatient },
    reader,
    writer: { ...createLogWriter(db), sync: () => void inQuarantineAtSync.push(inQuarantine()) },
    held: createHeldLog(db),
    events: {
      append: (event) => {
        events.push(event)
        return Promise.resolve()
      },
    },
    onEvent: () => undefined,
    decided: () => undefined,
    now: () => NOW,
  })
})
afterEach(() => db.close())

/** Puts a record into the quarantine under the number 1. */
function put(note: Partial<QuarantineNote> & Pick<QuarantineNote, 'kind'>, data: Uint8Array | string = ''): void {
  const whole: QuarantineNote = { reason: 'malformed', at: NOW, bytes: data.length, id: 'q1', ...note }
  stored.put(QUARANTINE, 1, data, headersOf([['Postrider-Quarantine', JSON.stringify(whole)]]))
}
const inQuarantine = (): boolean => stored.names().includes(`${QUARANTINE}/1`)

describe('a retry', () => {
  test('makes a job due, whose attempt is looked up first, and takes it out of the quarantine', async () => {
    put({ kind: 'job' }, encodeJob(JOB))
    assert.deepEqual(await decisions.retry(1), { done: 'retried', id: 'q1' })
    assert.deepEqual(published, [{ subject: 'job.due', json: { ...JOB, again: true } }])
    assert.equal(inQuarantine(), false)
  })

  test('syncs the log before the record is deleted from the quarantine', async () => {
    put({ kind: 'notice' }, JSON.stringify({ id: 'n1', of: 'q1', notice: { kind: 'failed', of: 'q1', outcomes: [] } }))
    assert.deepEqual(await decisions.retry(1), { done: 'retried', id: 'q1' })
    assert.equal(reader.outbox('', 1).length, 1)
    assert.deepEqual([inQuarantineAtSync, inQuarantine()], [[true], false])
  })

  test('of a deferral waits for its time, or is due now when that is over', async () => {
    for (const [dueAt, expected] of [
      [NOW + 60_000, NOW + 60_000],
      [NOW - 60_000, NOW],
    ] as const) {
      put({ kind: 'deferral', dueAt }, encodeJob(JOB))
      await decisions.retry(1)
      assert.match(published.at(-1)?.subject ?? '', /^job\.wait\./)
      assert.equal(published.at(-1)?.at?.getTime(), expected)
    }
  })

  test('of an event writes it', async () => {
    const discard: QueueEvent = { type: 'discard', at: 1, id: 'x', stream: 'MAIL_0', parts: [1] }
    put({ kind: 'event' }, JSON.stringify(discard))
    await decisions.retry(1)
    assert.deepEqual(events, [discard])
  })

  test('of a notice owes it again', async () => {
    put({ kind: 'notice' }, JSON.stringify({ id: 'n1', of: 'q1', notice: { kind: 'failed' } }))
    await decisions.retry(1)
    assert.deepEqual(
      reader.outbox('', 10).map(({ noticeId }) => noticeId),
      ['n1'],
    )
  })

  test('of a message that can be read by now makes it a job, and the log has it', async () => {
    const mail = envelope({ id: 'q1', recipients: [{ address: 'kim@remote.test' }, { address: 'lee@other.test' }] })
    stored.put('MAIL_0', 7, 'content', headersOf(headerFields(JSON.stringify(mail), [6])))
    put({ kind: 'message', origin: { stream: 'MAIL_0', seq: 7 } })
    assert.deepEqual(await decisions.retry(1), { done: 'retried', id: 'q1' })
    assert.equal(reader.known('q1'), true)
    assert.deepEqual(published[0]?.json, {
      envelope: mail,
      part: 0,
      attempt: 0,
      destination: 'remote.test',
      content: { stream: 'MAIL_0', seq: 7, parts: [6] },
      again: true,
    })
  })

  test('of what still cannot be read leaves it there, and says why', async () => {
    const cases: [Parameters<typeof put>[0], string][] = [
      [{ kind: 'job' }, '{}'],
      [{ kind: 'message', origin: { stream: 'MAIL_0', seq: 99 } }, ''],
      [{ kind: 'message' }, ''],
      [{ kind: 'value', origin: { stream: 'KV_config', seq: 3 } }, ''],
    ]
    stored.put('MAIL_0', 100, '')
    for (const [note, data] of cases) {
      put(note, data)
      assert.ok('failed' in (await decisions.retry(1)), note.kind)
      assert.equal(inQuarantine(), true)
    }
    stored.put(QUARANTINE, 1, 'no note')
    assert.ok('failed' in (await decisions.retry(1)))
  })

  test('that is asked for twice puts a job back once', async () => {
    put({ kind: 'job' }, encodeJob(JOB))
    const answers = await Promise.all([decisions.retry(1), decisions.retry(1)])
    assert.deepEqual(answers, [{ done: 'retried', id: 'q1' }, { unknown: true }])
    assert.equal(published.length, 1)
  })
})

describe('dropping', () => {
  test('a job, a deferral or a message writes down that its recipients are cancelled', async () => {
    const mail = headersOf(headerFields(JSON.stringify(JOB.envelope)))
    stored.put('MAIL_0', 7, 'content', mail)
    for (const kind of ['job', 'deferral', 'message'] as const) {
      put({ kind, origin: { stream: 'MAIL_0', seq: 7 } }, encodeJob(JOB))
      assert.deepEqual(await decisions.drop(1), { done: 'dropped', id: 'q1' }, kind)
      const cancelled = events.at(-1)
      assert.ok(cancelled?.type === 'cancel')
      assert.deepEqual([cancelled.id, cancelled.at, cancelled.recipients], ['q1', NOW, ['kim@remote.test']])
      assert.deepEqual([published, inQuarantine()], [[], false])
    }
    assert.deepEqual([events.length, stored.names()], [3, ['MAIL_0/7']])
  })

  test('what cannot be read deletes it where it lies, too, so that a new log does not find it again', async () => {
    const cases: [QuarantineNote['kind'], string][] = [
      ['message', 'MAIL_0'],
      ['held', HELD],
      ['events', EVENTS],
    ]
    for (const [kind, stream] of cases) {
      stored.put(stream, 7, 'unreadable')
      put({ kind, origin: { stream, seq: 7 } })
      assert.deepEqual(await decisions.drop(1), { done: 'dropped', id: 'q1' }, kind)
      assert.deepEqual(stored.names(), [], kind)
    }
    assert.deepEqual(events, [])
  })

  test('a message that cannot be read has its parts deleted that are its own', async () => {
    const fields: [string, string][] = [
      ['Nats-Msg-Id', 'q1'],
      ['Postrider-Parts', '5,6'],
      ['Postrider-Envelope', 'unreadable'],
    ]
    for (const [kind, stream] of [
      ['message', 'MAIL_0'],
      ['held', HELD],
    ] as const) {
      stored.put(stream, 7, '', headersOf(fields))
      put({ kind, origin: { stream, seq: 7 } })
      await decisions.drop(1)
      assert.deepEqual(events.at(-1), { type: 'discard', at: NOW, id: 'q1', stream, parts: [5, 6] })
    }
    stored.put(HELD, 8, '', headersOf([...fields, ['Postrider-Parts', '5,x']]))
    put({ kind: 'held', origin: { stream: HELD, seq: 8 } })
    await decisions.drop(1)
    assert.deepEqual([events.length, stored.names()], [2, []])
  })

  test('a job that cannot be read deletes nothing but the record in the quarantine', async () => {
    stored.put(JOBS, 7, 'unreadable')
    put({ kind: 'job', origin: { stream: JOBS, seq: 7 } }, '{}')
    await decisions.drop(1)
    assert.deepEqual(stored.names(), [`${JOBS}/7`])
  })

  test('a record without a readable note is possible, and one that is not there is unknown', async () => {
    stored.put(QUARANTINE, 1, 'no note')
    assert.deepEqual(await decisions.drop(1), { done: 'dropped', id: undefined })
    assert.deepEqual(await decisions.drop(1), { unknown: true })
  })
})
