import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import { envelope } from '../../../test/support/envelope.ts'
import type { LogReader } from './read.ts'
import { withLog } from '../../../test/support/message-log.ts'

const NOW = 1_700_000_000_000
const CONTENT = { stream: 'MAIL_0', seq: 1, parts: [2, 3] }

const mail = (id: string, addresses: string[], given: Partial<Envelope> = {}): Envelope =>
  envelope({ id, acceptedAt: NOW, recipients: addresses.map((address) => ({ address })), ...given })

function attempt(id: string, states: Record<string, RecipientOutcome['state']>, given: Partial<AttemptEvent> = {}) {
  const outcomes = Object.entries(states).map(([address, state]): RecipientOutcome => ({
    address,
    state,
    reply: '1',
    status: '',
    category: 'other',
    stage: 'final',
  }))
  const event: AttemptEvent = {
    type: 'attempt',
    at: NOW,
    id,
    part: 0,
    attempt: 1,
    destination: 'remote.test',
    content: CONTENT,
    outcomes,
    ...given,
  }
  return event
}

const addressesOf = (recipients: { address: string }[]): string[] => recipients.map(({ address }) => address)

test('a message is read as it was written', () => {
  withLog((writer, reader) => {
    assert.equal(reader.message('a'), undefined)
    const of = mail('a', ['kim@remote.test'])
    writer.message(of, CONTENT)
    assert.deepEqual(reader.message('a'), { envelope: of, content: CONTENT, open: 1, settledAt: null, erasedAt: null })
  })
})

test('the outcome of a later attempt replaces that of an earlier one, but not the reverse', () => {
  withLog((writer, reader) => {
    writer.message(mail('a', ['kim@remote.test']), CONTENT)
    writer.event(attempt('a', { 'kim@remote.test': 'deferred' }, { attempt: 2, nextAt: NOW + 60_000 }))
    writer.event(attempt('a', { 'kim@remote.test': 'failed' }, { attempt: 1 }))
    const [kim] = reader.recipients('a')
    assert.deepEqual([kim?.state, kim?.attempts, kim?.nextAt], ['deferred', 2, NOW + 60_000])
    writer.event(attempt('a', { 'kim@remote.test': 'delivered' }, { attempt: 3, nextAt: NOW + 60_000 }))
    assert.deepEqual([reader.recipients('a')[0]?.state, reader.recipients('a')[0]?.nextAt], ['delivered', null])
    assert.deepEqual([reader.message('a')?.open, reader.message('a')?.settledAt], [0, NOW])
  })
})

test('a delivery at the first attempt is not in the story; other events are, in the order of their times', () => {
  withLog((writer, reader) => {
    writer.message(mail('a', ['kim@remote.test']), CONTENT)
    writer.event(attempt('a', { 'kim@remote.test': 'delivered' }))
    assert.deepEqual(reader.story('a'), [])
    writer.event(attempt('b', { 'kim@remote.test': 'delivered' }, { attempt: 2, at: NOW + 2 }))
    writer.event(attempt('b', { 'kim@remote.test': 'deferred' }, { at: NOW + 1 }))
    assert.deepEqual(
      reader.story('b').map(({ at }) => at),
      [NOW + 1, NOW + 2],
    )
  })
})

test('the queue contains the open recipients that match each field of the filter', () => {
  withLog((writer, reader) => {
    writer.message(mail('a', ['kim@one.test', 'lee@two.test']), CONTENT)
    writer.message(mail('b', ['max@one.test'], { domain: 'other.test', acceptedAt: NOW - 5 }), CONTENT)
    writer.message(mail('c', ['nan@one.test']), CONTENT)
    writer.event(attempt('c', { 'nan@one.test': 'delivered' }))
    writer.event(attempt('a', { 'lee@two.test': 'deferred' }, { destination: 'two.test' }))
    const ask = (filter: Parameters<LogReader['queue']>[0]) => addressesOf(reader.queue(filter)).sort()
    assert.deepEqual(ask({}), ['kim@one.test', 'lee@two.test', 'max@one.test'])
    assert.deepEqual(ask({ id: 'a' }), ['kim@one.test', 'lee@two.test'])
    assert.deepEqual(ask({ domain: 'other.test' }), ['max@one.test'])
    assert.deepEqual(ask({ destination: 'two.test' }), ['lee@two.test'])
    assert.deepEqual(ask({ unattempted: true }), ['kim@one.test', 'max@one.test'])
    // The oldest message comes first.
    assert.deepEqual(ask({ limit: 1 }), ['max@one.test'])
    assert.equal(reader.queue({ id: 'b' })[0]?.from, 'sam@sender.test')
  })
})

test('the count includes the due recipients, and since when the oldest is due', () => {
  withLog((writer, reader) => {
    assert.deepEqual(reader.count(NOW), { queued: 0, deferred: 0, due: 0, oldestAcceptedAt: null, oldestDueAt: null })
    writer.message(mail('a', ['kim@one.test']), CONTENT)
    writer.message(mail('b', ['lee@one.test'], { releaseAt: NOW + 10_000 }), CONTENT)
    writer.message(mail('c', ['max@one.test'], { acceptedAt: NOW - 9000 }), CONTENT)
    writer.event(attempt('c', { 'max@one.test': 'deferred' }, { nextAt: NOW + 5000 }))
    const first = { queued: 2, deferred: 1, due: 1, oldestAcceptedAt: NOW - 9000, oldestDueAt: NOW }
    assert.deepEqual(reader.count(NOW), first)
    assert.deepEqual(reader.count(NOW + 5000), { ...first, due: 2 })
    assert.deepEqual(reader.count(NOW + 10_000), { ...first, due: 3 })
  })
})

test('content can be erased, by domain, when its message is settled and no notice in the outbox needs it', () => {
  withLog((writer, reader) => {
    for (const id of ['a', 'b', 'c']) writer.message(mail(id, ['kim@one.test']), CONTENT)
    writer.message(mail('d', ['kim@one.test'], { domain: 'other.test' }), CONTENT)
    writer.event(attempt('a', { 'kim@one.test': 'delivered' }))
    writer.event(attempt('b', { 'kim@one.test': 'failed' }))
    writer.event(attempt('d', { 'kim@one.test': 'failed' }))
    writer.queueNotice('n1', 'b', { kind: 'failed' })
    const due = (domain: string, before = NOW) => reader.toErase(domain, before, 10).map(({ envelope: { id } }) => id)
    assert.deepEqual(reader.domainsToErase().sort(), ['other.test', 'sender.test'])
    assert.deepEqual(due('sender.test'), ['a'])
    assert.deepEqual(due('sender.test', NOW - 1), [])
    writer.dropNotice('n1')
    assert.deepEqual(due('sender.test').sort(), ['a', 'b'])
    writer.event({ type: 'erase', at: NOW, id: 'a', envelope: mail('a', ['kim@one.test']) })
    assert.deepEqual(
      [due('sender.test'), reader.message('a')?.content, reader.message('a')?.erasedAt],
      [['b'], null, NOW],
    )
  })
})

test('the delay of a message is reported once while it is queued, and not before its release', () => {
  withLog((writer, reader) => {
    writer.message(mail('a', ['kim@one.test']), CONTENT)
    writer.message(mail('b', ['kim@one.test'], { releaseAt: NOW + 100 }), CONTENT)
    writer.message(mail('c', ['kim@one.test']), CONTENT)
    writer.event(attempt('c', { 'kim@one.test': 'delivered' }))
    const due = (before: number) => reader.toDelay(before, 10).map(({ envelope: { id } }) => id)
    assert.deepEqual([due(NOW - 1), due(NOW), due(NOW + 100)], [[], ['a'], ['a', 'b']])
    writer.markDelayNotified('a')
    // When the log is rebuilt, the notice itself shows that the delay was reported.
    writer.message(mail('n', ['sam@sender.test'], { from: '', notice: { of: 'b', kind: 'delayed' } }), CONTENT)
    assert.deepEqual(due(NOW + 100), ['n'])
  })
})

test('positions and the outbox continue where they were', () => {
  withLog((writer, reader) => {
    assert.equal(reader.position('MAIL_0'), 1)
    writer.position('MAIL_0', 7)
    assert.equal(reader.position('MAIL_0'), 7)
    for (const id of ['n2', 'n1', 'n3']) writer.queueNotice(id, 'a', { id })
    writer.queueNotice('n1', 'a', { id: 'again' })
    assert.deepEqual(reader.outbox('', 2), [
      { noticeId: 'n1', of: 'a', notice: { id: 'n1' } },
      { noticeId: 'n2', of: 'a', notice: { id: 'n2' } },
    ])
    assert.deepEqual(
      reader.outbox('n2', 2).map(({ noticeId }) => noticeId),
      ['n3'],
    )
  })
})

test('an error in a transaction leaves the log as it was', () => {
  withLog((writer, reader) => {
    assert.throws(() =>
      writer.transaction(() => {
        writer.position('MAIL_0', 7)
        throw new Error('a fault')
      }),
    )
    assert.equal(reader.position('MAIL_0'), 1)
  })
})

test('placeholders are deleted after their time, a limited number at once', () => {
  withLog((writer, reader) => {
    for (const id of ['a', 'b']) {
      writer.message(mail(id, ['kim@one.test']), CONTENT)
      writer.event(attempt(id, { 'kim@one.test': 'failed' }))
      writer.event({ type: 'erase', at: NOW, id, envelope: mail(id, ['kim@one.test']) })
    }
    assert.equal(writer.forget(NOW, 10), 0)
    assert.equal(writer.forget(NOW + 1, 1), 1)
    assert.equal(writer.forget(NOW + 1, 10), 1)
    assert.deepEqual([reader.message('a'), reader.recipients('a'), reader.story('a')], [undefined, [], []])
  })
})
