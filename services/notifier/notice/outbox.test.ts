import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import type { DatabaseSync } from 'node:sqlite'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import { envelope } from '../../../test/support/envelope.ts'
import { recordingBroker } from '../../../test/support/recording-broker.ts'
import { platformConfig } from '../../../test/support/runtime-config.ts'
import { createLogWriter } from '../log/apply.ts'
import type { LogWriter } from '../log/apply.ts'
import { createLogReader } from '../log/read.ts'
import type { CompleteAsOf } from '../log/complete-as-of.ts'
import type { LogReader } from '../log/read.ts'
import { openLog } from '../log/schema.ts'
import { createHeldLog } from '../review/held-log.ts'
import type { HeldLog } from '../review/held-log.ts'
import type { Notice } from './decide.ts'
import { createOutbox } from './outbox.ts'
import type { Outbox } from './outbox.ts'

const NOW = 1_700_000_000_000
const recorded = recordingBroker()

let db: DatabaseSync
let writer: LogWriter
let reader: LogReader
let held: HeldLog
let outbox: Outbox
let stored: { envelope: Envelope; content: string }[]
/** What storing the notice of this id fails with, each time. */
let failures: Map<string, Error>
let tried: string[]
let completeAsOf: CompleteAsOf

beforeEach(() => {
  db = openLog(':memory:')
  writer = createLogWriter(db)
  reader = createLogReader(db)
  held = createHeldLog(db)
  stored = []
  failures = new Map()
  tried = []
  completeAsOf = () => Promise.resolve(0)
  recorded.published.length = 0
  outbox = createOutbox({
    broker: recorded.broker,
    acceptor: {
      store(of, content) {
        tried.push(of.id)
        const failure = failures.get(of.id)
        if (failure !== undefined) return Promise.reject(failure)
        stored.push({ envelope: of, content: content.toString('latin1') })
        return Promise.resolve({ stream: 'MAIL_0', seq: stored.length, parts: [] })
      },
    },
    reader,
    held,
    writer,
    completeAsOf: (id) => completeAsOf(id),
    platform: () => platformConfig(),
    sent: () => undefined,
    sign: (content) => Promise.resolve(Buffer.concat([Buffer.from('DKIM-Signature: x\r\n'), content])),
    failed: () => undefined,
  })
})
afterEach(() => db.close())

const kim: Recipient = { address: 'kim@remote.test' }
const failure = (of: string, given: Partial<Notice> = {}): Notice => ({
  kind: 'failed',
  of,
  outcomes: [
    {
      recipient: kim,
      at: NOW - 1,
      outcome: {
        address: kim.address,
        state: 'failed',
        reply: '550 5.1.1 unknown',
        status: '5.1.1',
        category: 'unknown-user',
        stage: 'rcpt',
      },
    },
  ],
  ...given,
})

/** A message whose content was deleted, and a notice about it. */
function owe(id: string, of = 'q1', given: Partial<Notice> = {}): void {
  writer.message(envelope({ id: of, from: 'sam@sender.test' }), null)
  writer.queueNotice(id, of, failure(of, given))
}

const waiting = (): string[] => reader.outbox('', 100).map(({ noticeId }) => noticeId)

test('a notice goes to the sender with a null reverse path, signed, and of its signed size', async () => {
  owe('n1')
  await outbox.send(NOW)
  const [notice] = stored
  assert.deepEqual(
    [notice?.envelope.id, notice?.envelope.from, notice?.envelope.recipients, notice?.envelope.notice],
    ['n1', '', [{ address: 'sam@sender.test', notify: 'NEVER' }], { of: 'q1', kind: 'failed' }],
  )
  assert.match(notice?.content ?? '', /^DKIM-Signature/)
  assert.equal(notice?.envelope.size, notice?.content.length)
  assert.deepEqual([waiting(), reader.known('n1')], [[], true])
})

test('a notice that the log knows already was sent before a crash, and is not sent again', async () => {
  owe('n1')
  writer.message(envelope({ id: 'n1', from: '' }), { stream: 'MAIL_0', seq: 1, parts: [] })
  await outbox.send(NOW)
  assert.deepEqual([stored, waiting()], [[], []])
})

test('a notice is not stored while the log is behind, nor when the log learns meanwhile that it was stored', async () => {
  owe('n1')
  completeAsOf = () => Promise.reject(new NotStoredError(0, { left: 'nothing' }))
  await outbox.send(NOW)
  assert.deepEqual([tried, waiting()], [[], ['n1']])
  owe('n2')
  completeAsOf = (id) => {
    writer.message(envelope({ id, from: '' }), { stream: 'MAIL_0', seq: 1, parts: [] })
    return Promise.resolve(0)
  }
  await outbox.send(NOW)
  assert.deepEqual([tried, waiting()], [[], ['n1']])
})

test('a notice about a message that nobody remembers is dropped', async () => {
  writer.queueNotice('n1', 'q9', failure('q9'))
  await outbox.send(NOW)
  assert.deepEqual([stored, waiting()], [[], []])
})

test('a notice about a message that is only held for review goes to its sender', async () => {
  const of = envelope({ id: 'q1', from: 'lee@sender.test' })
  held.held(of, { scanner: 'rspamd', reason: 'x' }, { stream: 'HELD', seq: 1, parts: [] })
  held.erased('q1')
  writer.queueNotice('n1', 'q1', failure('q1'))
  await outbox.send(NOW)
  assert.equal(stored[0]?.envelope.recipients[0]?.address, 'lee@sender.test')
})

test('a notice to an address that is not ASCII says that it needs SMTPUTF8', async () => {
  writer.message(envelope({ id: 'q1', from: 'müller@sender.test', utf8: true }), null)
  writer.queueNotice('n1', 'q1', failure('q1'))
  owe('n2', 'q2')
  await outbox.send(NOW)
  assert.deepEqual(
    stored.map(({ envelope: { utf8 } }) => utf8),
    [true, false],
  )
})

test('only a delivery to a host without DSN is reported as relayed', async () => {
  const remote = { host: 'mx.remote.test', address: '192.0.2.1', tls: null }
  owe('n1', 'q1', { kind: 'delivered', remote: { ...remote, dsn: false } })
  owe('n2', 'q2', { kind: 'delivered', remote: { ...remote, dsn: true } })
  await outbox.send(NOW)
  assert.deepEqual(
    stored.map(({ content }) => /Action: (\w+)/.exec(content)?.[1]),
    ['relayed', 'delivered'],
  )
})

test('a notice that fails delays none of the others, and is not tried again at once', async () => {
  for (const id of ['n1', 'n2']) owe(id, `q${id}`)
  failures.set('n1', new Error('no'))
  await outbox.send(NOW)
  await outbox.send(NOW)
  assert.deepEqual([tried, waiting()], [['n1', 'n2'], ['n1']])
})

test('when the broker confirms nothing, three are tried in a turn, and the next turn goes on behind them', async () => {
  const ids = ['n1', 'n2', 'n3', 'n4', 'n5']
  for (const id of ids) {
    owe(id, `q${id}`)
    failures.set(id, new NotStoredError(1, {}))
  }
  await outbox.send(NOW)
  assert.deepEqual(tried, ['n1', 'n2', 'n3'])
  failures.clear()
  await outbox.send(NOW)
  assert.deepEqual(tried, ids)
})

test('three that are not confirmed with another between them end nothing', async () => {
  const ids = ['n1', 'n2', 'n3', 'n4', 'n5']
  for (const id of ids) owe(id, `q${id}`)
  for (const id of ['n1', 'n2', 'n4', 'n5']) failures.set(id, new NotStoredError(1, {}))
  await outbox.send(NOW)
  assert.deepEqual(tried, ids)
})

test('only failures that the broker is not the reason of lead to the quarantine, at the eighth', async (t) => {
  owe('n1')
  let minutes = 0
  t.mock.method(performance, 'now', () => ++minutes * 60_000)
  const fail = async (times: number, error: Error) => {
    failures.set('n1', error)
    for (let time = 0; time < times; time++) await outbox.send(NOW)
  }
  await fail(10, new NotStoredError(1, {}))
  await fail(7, new Error('no'))
  assert.deepEqual([tried.length, waiting()], [17, ['n1']])
  await fail(1, new Error('no'))
  assert.deepEqual(waiting(), [])
})

test('a notice that the broker refuses for what it is goes to the quarantine', async () => {
  owe('n1')
  failures.set('n1', new RecordRefusedError('nothing', {}))
  await outbox.send(NOW)
  assert.deepEqual(waiting(), [])
  const [kept] = recorded.published
  assert.match(kept?.subject ?? '', /^quarantine\.notice\./)
  assert.deepEqual(kept?.json, { id: 'n1', of: 'q1', notice: failure('q1') })
})
