import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { JetStreamPublishOptions } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { BadRecordError } from '@postrider/broker/stored'
import { NotQuarantinedError, decodeNote, quarantine, quarantinePatiently } from './quarantine.ts'
import type { Suspect } from './quarantine.ts'
import { headersOf } from './record.ts'

const MAX_PAYLOAD = 200_000
interface Kept {
  subject: string
  data: Uint8Array
  options: Partial<JetStreamPublishOptions>
}

let kept: Kept[]
let failure: Error | undefined
/** What a read of a subject finds, as the replica that is asked knows it. */
let readable: boolean
const conflict = () => new JetStreamApiError({ code: 400, err_code: 10_071, description: 'wrong last sequence: 1' })
const on = (subject: string): Kept | undefined => kept.findLast((one) => one.subject === subject)
const broker = {
  connected: true,
  loss: { unlessReconnected: <T>(promise: Promise<T>) => promise },
  nc: { isClosed: () => false, info: { max_payload: MAX_PAYLOAD } },
  js: {
    publish(subject: string, data: Uint8Array, options: Partial<JetStreamPublishOptions>) {
      if (failure !== undefined) return Promise.reject(failure)
      if (options.expect?.lastSubjectSequence === 0 && on(subject) !== undefined) return Promise.reject(conflict())
      kept.push({ subject, data, options })
      return Promise.resolve({ seq: 1, duplicate: false })
    },
  },
  impatient: {
    direct: {
      getMessage(_: string, { last_by_subj: subject }: { last_by_subj: string }) {
        const there = readable ? on(subject) : undefined
        return Promise.resolve(there === undefined ? null : { header: there.options.headers, data: there.data })
      },
    },
  },
} as unknown as Broker
beforeEach(() => {
  kept = []
  failure = undefined
  readable = true
})

const put = async (given: Partial<Suspect> & Pick<Suspect, 'kind'>) => {
  await quarantine(broker, { error: new Error('malformed'), data: Buffer.from('data'), ...given }, 5000)
  const last = kept.at(-1)
  assert.ok(last !== undefined)
  kept = []
  return { ...last, note: decodeNote(last.options.headers) }
}

const origin = { stream: 'MAIL_0', seq: 7 }

test('a record in the quarantine says what it is, why, since when, and where it lay', async () => {
  const { note, subject } = await put({ kind: 'message', origin, deliveries: 3, id: 'q1' })
  assert.deepEqual(note, { kind: 'message', reason: 'malformed', at: 5000, origin, deliveries: 3, id: 'q1', bytes: 4 })
  assert.equal(subject, 'quarantine.MAIL_0.7')
})

test('one that is seen twice is kept once, by where it lay, by its name, or by what it is', async () => {
  const subjectOf = async (given: Partial<Suspect> & Pick<Suspect, 'kind'>) => (await put(given)).subject
  assert.equal(
    await subjectOf({ kind: 'job', name: 'q1/0/1' }),
    await subjectOf({ kind: 'job', name: 'q1/0/1', data: Buffer.from('x') }),
  )
  assert.notEqual(await subjectOf({ kind: 'job', name: 'q1/0/1' }), await subjectOf({ kind: 'job', name: 'q1/0/2' }))
  assert.equal(await subjectOf({ kind: 'event' }), await subjectOf({ kind: 'event' }))
  assert.notEqual(await subjectOf({ kind: 'event' }), await subjectOf({ kind: 'event', data: Buffer.from('x') }))
  // The message log could not take in a message that delivery left aside as well.
  assert.notEqual(await subjectOf({ kind: 'entry', origin, name: 'x' }), await subjectOf({ kind: 'message', origin }))
})

const message = (data: string, headers = headersOf([['A', 'a']])): Suspect => ({
  kind: 'message',
  error: 'x',
  origin,
  data: Buffer.from(data),
  headers,
})

test('one that is there already is no failure, and a quarantine that does not confirm it is', async () => {
  for (const given of [message('data'), { kind: 'job', error: 'x', data: Buffer.from(''), name: 'q1/0/1' } as const]) {
    await quarantine(broker, given)
    await quarantine(broker, { ...given, deliveries: 2 })
  }
  assert.equal(kept.length, 2)
  failure = new JetStreamApiError({ code: 503, err_code: 10_077, description: 'maximum messages exceeded' })
  await assert.rejects(quarantine(broker, { kind: 'job', error: 'x', data: Buffer.from('') }), failure)
})

test('one that the leader has not committed is no record yet: its loss would not be noticed', async () => {
  await quarantine(broker, message('data'))
  readable = false
  await assert.rejects(quarantine(broker, message('data')), NotQuarantinedError)
  setTimeout(() => (kept = []), 100)
  await quarantinePatiently(broker, message('data'))
  assert.equal(kept.length, 1)
})

test('one that lies where another one lay before its stream was made again is kept as well, once', async () => {
  await quarantine(broker, message('old'))
  for (const given of [message('new'), message('old', headersOf([['A', 'b']]))]) {
    await quarantine(broker, given)
    await quarantine(broker, given)
    const { data, options } = kept.at(-1) ?? assert.fail()
    assert.deepEqual([Buffer.from(data), decodeNote(options.headers).origin], [given.data, origin])
  }
  assert.equal(kept.length, 3)
  // A direct read tells where a record is; the leader does not.
  await quarantine(
    broker,
    message(
      'new',
      headersOf([
        ['A', 'a'],
        ['Nats-Sequence', '7'],
      ]),
    ),
  )
  assert.equal(kept.length, 3)
})

test('what lies on where it was is kept in part, and what has no other place as far as the broker takes it', async () => {
  const data = Buffer.alloc(1_000_000, 'x')
  for (const kind of ['message', 'held', 'events', 'entry'] as const)
    assert.equal((await put({ kind, data, origin })).data.length, 64 * 1024, kind)
  for (const kind of ['job', 'deferral', 'event', 'notice'] as const) {
    const { data: copy, note } = await put({ kind, data })
    assert.ok(copy.length > 100_000 && copy.length < MAX_PAYLOAD, kind)
    assert.equal(note.bytes, 1_000_000)
  }
})

test('a value of a bucket is not copied: it may hold the hash of a password', async () => {
  assert.equal((await put({ kind: 'value', origin, data: Buffer.from('secret') })).data.length, 0)
})

test('the reason names its cause, and reasons and headers are bounded', async () => {
  const error = new BadRecordError('not JSON', { cause: new SyntaxError('Unexpected token') })
  assert.equal((await put({ kind: 'job', error })).note.reason, 'not JSON: Unexpected token')
  assert.equal((await put({ kind: 'job', error: 'a word' })).note.reason, 'a word')
  const { note } = await put({
    kind: 'job',
    error: new Error('x'.repeat(9999)),
    headers: headersOf([['A', 'x'.repeat(99_999)]]),
  })
  assert.deepEqual([note.reason.length, note.headers?.length], [500, 16 * 1024])
})

test('a note that cannot be read is malformed', () => {
  for (const headers of [undefined, headersOf([['Postrider-Quarantine', '{"kind":"other"}']])])
    assert.throws(() => decodeNote(headers), BadRecordError)
})
