import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import { envelope } from '../../test/support/envelope.ts'
import { contentIn, decodeRecord, envelopeBytes, headerFields, headersOf, payloadFields } from './record.ts'

const MAIL = envelope({ id: 'q1', from: 'müller@sender.test', utf8: true })
const JSON_OF_MAIL = Buffer.from(JSON.stringify(MAIL))
const CONTENT = Buffer.from('Subject: hello\r\n\r\n')

const version = (text: string, ...more: [string, string][]) => headersOf([['Postrider-Version', text], ...more])

describe('a record whose envelope is a header', () => {
  const fields = headersOf(headerFields(JSON.stringify(MAIL), [7, 9]))
  test('reads as it was written, and its payload is the content', () => {
    assert.deepEqual(decodeRecord(fields, CONTENT), { envelope: MAIL, parts: [7, 9] })
    assert.deepEqual(contentIn(fields, CONTENT), CONTENT)
  })

  test('has no parts unless it names them', () => {
    assert.deepEqual(decodeRecord(headersOf(headerFields(JSON.stringify(MAIL))), CONTENT).parts, [])
  })
})

describe('a record whose envelope is in the payload', () => {
  const fields = headersOf(payloadFields(MAIL, JSON_OF_MAIL.length, [7]))
  const payload = Buffer.concat([JSON_OF_MAIL, CONTENT])

  test('reads as it was written, and the content begins behind the envelope', () => {
    assert.deepEqual(decodeRecord(fields, payload), { envelope: MAIL, parts: [7] })
    assert.deepEqual(contentIn(fields, payload), CONTENT)
  })

  test('has a header that the release before cannot read as a message', () => {
    const asOfVersion1 = headersOf([['Postrider-Envelope', fields.get('Postrider-Envelope')]])
    assert.throws(() => decodeRecord(asOfVersion1, payload), BadRecordError)
  })

  test('that ends before its envelope is malformed', () => {
    assert.throws(() => decodeRecord(fields, payload.subarray(0, JSON_OF_MAIL.length - 1)), BadRecordError)
    assert.deepEqual(decodeRecord(fields, payload.subarray(0, JSON_OF_MAIL.length)).envelope, MAIL)
  })
})

test('a record of a later release is left to it, and a version that none would write is malformed', () => {
  for (const text of ['3', '12']) assert.throws(() => envelopeBytes(version(text)), NewerRecordError, text)
  for (const text of ['2', 'x', '-1', '1e9', '2.0', '0'])
    assert.throws(() => envelopeBytes(version(text)), BadRecordError, text)
  assert.equal(envelopeBytes(version('1')), 0)
  assert.equal(envelopeBytes(undefined), 0)
})

test('the place of the envelope is a number of octets', () => {
  for (const bytes of ['', '0', '-1', '1.5', 'x', '1e99'])
    assert.throws(() => envelopeBytes(version('2', ['Postrider-Envelope-Bytes', bytes])), BadRecordError, bytes)
  assert.equal(envelopeBytes(version('2', ['Postrider-Envelope-Bytes', '5'])), 5)
})

test('a record without an envelope, or with one that no release can read, is malformed', () => {
  const bad: object[] = [
    { ...MAIL, id: 'a.b' },
    { ...MAIL, id: '' },
    { ...MAIL, id: 'x'.repeat(101) },
    { ...MAIL, recipients: [] },
    { ...MAIL, recipients: [{ address: '' }] },
    { ...MAIL, recipients: [{ address: 'a@b.test', notify: ['SOMETIMES'] }] },
    { ...MAIL, acceptedAt: 'today' },
  ]
  for (const mail of bad)
    assert.throws(() => decodeRecord(headersOf(headerFields(JSON.stringify(mail))), CONTENT), BadRecordError)
  for (const text of ['', '{'])
    assert.throws(() => decodeRecord(headersOf(headerFields(text)), CONTENT), BadRecordError)
  assert.throws(() => decodeRecord(undefined, CONTENT), BadRecordError)
})

test('parts are sequence numbers', () => {
  for (const parts of ['0', '-1', '1,x', '1,,2', '1.5', '1e99']) {
    const fields = headersOf([...headerFields(JSON.stringify(MAIL)), ['Postrider-Parts', parts]])
    assert.throws(() => decodeRecord(fields, CONTENT), BadRecordError, parts)
  }
})
