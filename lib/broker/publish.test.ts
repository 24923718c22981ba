import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { PubAck } from '@nats-io/jetstream'
import type { Broker } from './connection.ts'
import { publishLasting } from './publish.ts'

const ACK: PubAck = { stream: 'MAIL_0', seq: 7, duplicate: true, domain: '' }
const inProcess = new JetStreamApiError({
  code: 409,
  err_code: 10_158,
  description: 'duplicate message id is in process',
})

/** A broker whose publishes end as given, one after the other; the last repeats. */
function broker(...ends: (() => Promise<PubAck>)[]) {
  const payloads: unknown[] = []
  const publish = (_subject: string, payload: unknown): Promise<PubAck> =>
    (ends[Math.min(payloads.push(payload), ends.length) - 1] ?? ends[0])?.() ?? assert.fail()
  const loss = { unlessReconnected: (promise: Promise<PubAck>) => promise }
  return { payloads, published: () => payloads.length, broker: { js: { publish }, loss } as unknown as Broker }
}

test('a record whose first copy is being stored is published again until that is done', async () => {
  const { broker: busy, published } = broker(
    () => Promise.reject(inProcess),
    () => Promise.reject(inProcess),
    () => Promise.resolve(ACK),
  )
  let repeats = 0
  const options = { msgID: 'a', timeout: 10_000, awayMs: 1, onRepeat: () => repeats++ }
  assert.deepEqual(await publishLasting(busy, 'mail', 'x', options), ACK)
  assert.deepEqual([published(), repeats], [3, 2])
})

test('what is published again can say so', async () => {
  const { broker: busy, payloads } = broker(
    () => Promise.reject(inProcess),
    () => Promise.resolve(ACK),
  )
  await publishLasting(busy, 'mail', (repeated) => (repeated ? 'again' : 'first'), { msgID: 'a', timeout: 10_000 })
  assert.deepEqual(payloads, ['first', 'again'])
})

test('it is not waited for beyond the time limit', async () => {
  const { broker: busy } = broker(() => Promise.reject(inProcess))
  await assert.rejects(publishLasting(busy, 'mail', 'x', { msgID: 'a', timeout: 300 }), { code: 10_158 })
})

test('an abort ends the wait for an answer, and nothing is published again', async () => {
  const { broker: silent, published } = broker(() => new Promise(() => undefined))
  const abort = new AbortController()
  const result = publishLasting(silent, 'mail', 'x', { msgID: 'a', timeout: 10_000, signal: abort.signal })
  abort.abort(new Error('the disk is full'))
  await assert.rejects(result, /the disk is full/)
  const late = publishLasting(silent, 'mail', 'x', { msgID: 'a', timeout: 10_000, signal: abort.signal })
  await assert.rejects(late, /the disk is full/)
  assert.equal(published(), 1)
})
