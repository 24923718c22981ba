import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'
import { recordingBroker } from '../../test/support/recording-broker.ts'
import type { QueueEvent } from './event.ts'
import { EventLogFullError, createEventLog } from './publish-events.ts'

const event = (id: string, more = ''): QueueEvent => ({
  type: 'discard',
  at: 1,
  id,
  stream: `MAIL_0${more}`,
  parts: [],
})
/** The broker refuses the record for what it is. */
const refusal = () => new errors.InvalidArgumentError('max_payload size exceeded')
const ids = (batch: unknown): string[] => (batch as { id: string }[]).map(({ id }) => id)

describe('events', () => {
  test('that come together are written together, and those that come meanwhile share the next batch', async () => {
    const { broker, published } = recordingBroker()
    const log = createEventLog(broker, 'delivery')
    const first = log.append(event('a'))
    await Promise.all([
      first,
      log.append(event('b')),
      first.then(() => Promise.all([log.append(event('c')), log.append(event('d'))])),
    ])
    assert.deepEqual(
      published.map(({ subject, json }) => [subject, ids(json)]),
      [
        ['event.delivery', ['a', 'b']],
        ['event.delivery', ['c', 'd']],
      ],
    )
  })

  test('are written in their order, in batches that the broker takes', async () => {
    const { broker, published } = recordingBroker()
    const log = createEventLog(broker, 'delivery')
    const large = 'x'.repeat(100_000)
    const names = ['a', 'b', 'c', 'd', 'e']
    await Promise.all(names.map((id) => log.append(event(id, large))))
    assert.deepEqual(
      published.flatMap(({ json }) => ids(json)),
      names,
    )
    for (const { json } of published) assert.ok(JSON.stringify(json).length <= 256 * 1024 + 2)
  })

  test('are not lost with one among them that the broker refuses', async () => {
    const { broker, published, failWith } = recordingBroker()
    const refused: string[] = []
    const log = createEventLog(broker, 'delivery', { refused: (json) => Promise.resolve(void refused.push(json)) })
    // The batch, then the second of its events.
    const given = ['a', 'b', 'c'].map((id) => log.append(event(id)))
    failWith(refusal())
    const publish = broker.js.publish.bind(broker.js)
    broker.js.publish = (subject, payload, options) => {
      const text = Buffer.from(payload as Uint8Array).toString()
      if (text.startsWith('[{"type":"discard","at":1,"id":"b"')) failWith(refusal())
      return publish(subject, payload, options)
    }
    await Promise.all(given)
    assert.deepEqual(
      published.map(({ json }) => ids(json)),
      [['a'], ['c']],
    )
    assert.deepEqual(
      refused.map((json) => (JSON.parse(json) as QueueEvent).id),
      ['b'],
    )
  })

  test('that are refused go to the quarantine, which counts as written', async () => {
    const { broker, published, failWith } = recordingBroker()
    failWith(refusal())
    await createEventLog(broker, 'delivery').append(event('a'))
    assert.match(published[0]?.subject ?? '', /^quarantine\.event\./)
    assert.deepEqual(published[0]?.json, event('a'))
  })

  test('reject when the quarantine refuses them as well', async () => {
    const { broker, failWith } = recordingBroker()
    failWith(refusal(), refusal())
    await assert.rejects(createEventLog(broker, 'delivery').append(event('a')), errors.InvalidArgumentError)
  })

  test('reject when the connection is closed while the broker is away', async () => {
    const { broker, failWith } = recordingBroker()
    failWith(new JetStreamApiError({ code: 503, err_code: 10_008, description: 'no leader' }))
    broker.nc.isClosed = () => true
    await assert.rejects(createEventLog(broker, 'delivery').append(event('a')), JetStreamApiError)
  })

  test('that have no room are rejected at once, and there is room again when the others are written', async () => {
    const { broker } = recordingBroker()
    const bytes = JSON.stringify(event('a')).length + 1
    const log = createEventLog(broker, 'delivery', { maxWaitingBytes: 2 * bytes })
    const fit = [log.append(event('a')), log.append(event('b'))]
    await assert.rejects(log.append(event('c')), EventLogFullError)
    await Promise.all(fit)
    await new Promise(setImmediate)
    await log.append(event('c'))
  })
})
