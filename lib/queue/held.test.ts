import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadRecordError } from '@postrider/broker/stored'
import { envelope } from '../../test/support/envelope.ts'
import { decodeHeld } from './held.ts'
import { headerFields, headersOf } from './record.ts'

const MAIL = envelope({ id: 'q1' })
const fields = (why?: string) =>
  headersOf([
    ...headerFields(JSON.stringify(MAIL), [3]),
    ...(why === undefined ? [] : [['Postrider-Held', why] as [string, string]]),
  ])

test('a held record says why it is held', () => {
  const why = { scanner: 'clamav', reason: 'Eicar' }
  const held = decodeHeld(fields(JSON.stringify(why)), Buffer.alloc(0))
  assert.deepEqual(held, { envelope: MAIL, parts: [3], why })
})

test('a held record without a reason, or with half of one, is malformed', () => {
  for (const why of [undefined, '', '{}', '{"scanner":"clamav"}', 'Eicar'])
    assert.throws(() => decodeHeld(fields(why), Buffer.alloc(0)), BadRecordError, why)
})
