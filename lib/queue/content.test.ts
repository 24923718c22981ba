import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { JetStreamApiError } from '@nats-io/jetstream'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import { envelope } from '../../test/support/envelope.ts'
import { storedRecords } from '../../test/support/stored-records.ts'
import type { StoredRecords } from '../../test/support/stored-records.ts'
import { ContentGoneError, eraseContent, readContent } from './content.ts'
import { headersOf, payloadFields } from './record.ts'

const REF = { stream: 'MAIL_0', seq: 5, parts: [3, 4] }

let stored: StoredRecords
beforeEach(async () => {
  stored = await storedRecords()
  stored.put('MAIL_0', 3, 'second ')
  stored.put('MAIL_0', 4, 'third')
  stored.put('MAIL_0', 5, 'first ')
})

async function pieces(first?: Buffer): Promise<string[]> {
  const read: string[] = []
  for await (const piece of readContent(stored.broker, REF, { first, patienceMs: 0 })) read.push(piece.toString())
  return read
}

describe('a content', () => {
  test('begins with its record, and the parts follow in their order', async () => {
    assert.deepEqual(await pieces(), ['first ', 'second ', 'third'])
  })

  test('begins with the record that is at hand, without reading it', async () => {
    await eraseContent(stored.broker, { ...REF, parts: [] })
    assert.deepEqual(await pieces(Buffer.from('FIRST ')), ['FIRST ', 'second ', 'third'])
  })

  test('leaves out the envelope where that is in the payload', async () => {
    const json = JSON.stringify(envelope({ id: 'q1' }))
    stored.put('MAIL_0', 5, `${json}first `, headersOf(payloadFields(envelope({ id: 'q1' }), json.length, [3, 4])))
    assert.deepEqual(await pieces(), ['first ', 'second ', 'third'])
  })

  test('of which a part is deleted is gone', async () => {
    await eraseContent(stored.broker, { stream: 'MAIL_0', seq: 4, parts: [] })
    await assert.rejects(pieces(), ContentGoneError)
  })

  test('that cannot be read now is not gone', async () => {
    const beyond = { stream: 'MAIL_0', seq: 6, parts: [] }
    await assert.rejects(readContent(stored.broker, beyond, { patienceMs: 0 }).next(), RecordUnavailableError)
  })
})

describe('erasing', () => {
  test('overwrites the parts first and the record last, which names them', async () => {
    await eraseContent(stored.broker, REF)
    assert.deepEqual(stored.deleted, [
      { name: 'MAIL_0/3', overwritten: true },
      { name: 'MAIL_0/4', overwritten: true },
      { name: 'MAIL_0/5', overwritten: true },
    ])
  })

  test('goes on where a crash cut it off', async () => {
    await eraseContent(stored.broker, { stream: 'MAIL_0', seq: 3, parts: [] })
    await eraseContent(stored.broker, REF)
    assert.deepEqual(stored.names(), [])
  })

  const failed = (code: number, description: string) =>
    new JetStreamApiError({ code: 500, err_code: code, description })

  test('counts a record as erased when the leader no longer has it, whatever the words of the error', async () => {
    const record = { ...REF, parts: [] }
    await eraseContent(stored.broker, record)
    stored.failures.push(failed(10_057, 'stream store EOF'))
    await eraseContent(stored.broker, record)
  })

  test('fails when the broker could not delete', async () => {
    for (const error of [failed(10_057, 'input/output error'), failed(10_008, 'no leader')]) {
      stored.failures.push(error)
      await assert.rejects(eraseContent(stored.broker, { ...REF, parts: [] }), error)
    }
  })
})
