import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import { envelope } from '../../test/support/envelope.ts'
import { decodeBatch, decodeEvents } from './decode-events.ts'
import type { QueueEvent } from './event.ts'

const common = { at: 1, id: 'q1' }
const content = { stream: 'MAIL_0', seq: 1, parts: [] }
const EVENTS: QueueEvent[] = [
  {
    ...common,
    type: 'attempt',
    part: 0,
    attempt: 1,
    destination: 'remote.test',
    content,
    outcomes: [
      {
        address: 'kim@remote.test',
        state: 'deferred',
        reply: '450',
        status: '4.2.0',
        category: 'other',
        stage: 'rcpt',
      },
    ],
    remote: { host: 'mx.test', address: '192.0.2.1', tls: null, dsn: false },
    nextAt: 5,
  },
  { ...common, type: 'cancel', part: 0, destination: 'remote.test', content, recipients: ['kim@remote.test'] },
  { ...common, type: 'erase', envelope: envelope({ id: 'q1' }) },
  {
    ...common,
    type: 'verdict',
    domain: 'sender.test',
    credential: 'app@sender.test',
    scanner: 'clamav',
    outcome: 'infected',
    action: 'reject',
    reason: 'Eicar',
  },
  {
    ...common,
    type: 'review',
    decision: 'released',
    envelope: envelope({ id: 'q1' }),
    why: { scanner: 'clamav', reason: 'Eicar' },
  },
  { ...common, type: 'discard', stream: 'MAIL_0', parts: [1] },
]
const [ATTEMPT] = EVENTS
const batch = (...events: unknown[]) => Buffer.from(JSON.stringify(events))

describe('a batch of events', () => {
  test('reads as it was written, in its order', () => {
    assert.deepEqual(decodeEvents(batch(...EVENTS)), EVENTS)
    assert.deepEqual(decodeBatch(batch()), { events: [], errors: [] })
  })

  test('passes on an event of a type that a later release added', () => {
    const other = { ...common, type: 'weather', sun: true }
    assert.deepEqual(decodeEvents(batch(other)), [other])
    assert.throws(() => decodeEvents(batch({ type: 'weather' })), BadRecordError)
  })

  test('loses only what cannot be read of it', () => {
    const { events, errors } = decodeBatch(batch(ATTEMPT, 7, null, { ...ATTEMPT, v: 2 }, 'x', ATTEMPT))
    assert.deepEqual(events, [ATTEMPT, ATTEMPT])
    assert.deepEqual(
      errors.map((error) => error instanceof Error && error.name),
      ['BadRecordError', 'BadRecordError', 'NewerRecordError', 'BadRecordError'],
    )
  })

  test('that is to be read whole fails with the first of them', () => {
    assert.throws(() => decodeEvents(batch(ATTEMPT, { ...ATTEMPT, v: 2 }, 7)), NewerRecordError)
  })

  test('that is none is malformed', () => {
    for (const text of ['', '{', '{}', '"x"', 'null'])
      assert.throws(() => decodeBatch(Buffer.from(text)), BadRecordError)
  })
})

test('an event without what its type needs is malformed', () => {
  for (const event of EVENTS) {
    const needed = Object.keys(event).filter((name) => !['remote', 'nextAt', 'scanner'].includes(name))
    for (const name of needed) {
      const { errors } = decodeBatch(batch({ ...event, [name]: undefined }))
      assert.equal(errors.length, 1, `${event.type} without ${name}`)
    }
  }
})

test('a type that is the name of something in the language is a type like another', () => {
  for (const type of ['constructor', 'toString', '__proto__'])
    assert.deepEqual(decodeEvents(batch({ ...common, type })), [{ ...common, type }])
})
