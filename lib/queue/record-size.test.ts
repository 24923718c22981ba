import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headers } from '@nats-io/transport-node'
import {
  MAX_ENVELOPE_HEADER_BYTES,
  MAX_HEADER_BYTES,
  MAX_RECORD_BYTES,
  RecordTooLargeError,
  headerBytes,
  maxEnvelopeBytes,
  planRecord,
} from './record-size.ts'

const KB = 1024
const MB = 1024 * KB
const sizes = { envelope: 500, content: 4 * KB, otherHeaders: 100, maxPayload: 8 * MB }

test('a usual message is one record with its envelope in a header', () => {
  assert.deepEqual(planRecord(sizes), { envelopeInPayload: false, first: 4 * KB, partBytes: 512 * KB, parts: 0 })
})

test('content that does not fit into the record is stored before it in parts', () => {
  const plan = planRecord({ ...sizes, content: 2 * MB })
  assert.equal(plan.first, MAX_RECORD_BYTES)
  assert.equal(plan.parts, 4)
})

test('an envelope over the header limit takes its room from the content of the record', () => {
  assert.equal(planRecord({ ...sizes, envelope: MAX_ENVELOPE_HEADER_BYTES }).envelopeInPayload, false)
  const plan = planRecord({ ...sizes, envelope: 100 * KB, content: MB })
  assert.equal(plan.envelopeInPayload, true)
  assert.equal(plan.first, MAX_RECORD_BYTES - 100 * KB)
  const larger = planRecord({ ...sizes, envelope: 2 * MB, content: MB })
  assert.deepEqual([larger.first, larger.parts], [0, 2])
})

test('a broker with small payloads gets smaller parts', () => {
  const plan = planRecord({ ...sizes, content: MB, maxPayload: 128 * KB })
  assert.ok(plan.partBytes < 128 * KB)
  assert.ok(plan.first + sizes.envelope + sizes.otherHeaders < 128 * KB)
})

test('every plan fits: headers, the record and each part', () => {
  for (const maxPayload of [100 * KB, MB, 8 * MB])
    for (const envelope of [
      300,
      MAX_ENVELOPE_HEADER_BYTES,
      MAX_ENVELOPE_HEADER_BYTES + 1,
      maxEnvelopeBytes(maxPayload),
    ])
      for (const content of [0, 1, 300 * KB, 50 * MB])
        for (const otherHeaders of [60, 4 * KB]) {
          if (envelope > maxEnvelopeBytes(maxPayload)) continue
          const { envelopeInPayload, first, partBytes, parts } = planRecord({
            envelope,
            content,
            otherHeaders,
            maxPayload,
          })
          const header = otherHeaders + parts * 21 + (envelopeInPayload ? 0 : envelope)
          assert.ok(header <= MAX_HEADER_BYTES)
          assert.ok(header + (envelopeInPayload ? envelope : 0) + first <= maxPayload)
          assert.ok(first + parts * partBytes >= content, 'all of the content has a place')
          assert.ok(parts === 0 || first + (parts - 1) * partBytes < content, 'no part is empty')
        }
})

test('a message that never fits is refused before anything is written, with its size', () => {
  const refused = (given: Partial<typeof sizes>) => (error: unknown) =>
    error instanceof RecordTooLargeError && error.bytes === (given.envelope ?? given.content)
  const envelope = maxEnvelopeBytes(sizes.maxPayload) + 1
  assert.throws(() => planRecord({ ...sizes, envelope }), refused({ envelope }))
  const content = 4000 * MB
  assert.throws(() => planRecord({ ...sizes, content }), refused({ content }))
})

test('headers are counted as the client library encodes them', () => {
  const fields: [string, string][] = [
    ['Nats-Msg-Id', 'abc'],
    ['Postrider-Envelope', '{"from":"jürgen@sender.test"}'],
  ]
  const encoded = headers()
  for (const [name, value] of fields) encoded.set(name, value)
  assert.equal(headerBytes(fields), (encoded as unknown as { encode(): Uint8Array }).encode().length)
})
