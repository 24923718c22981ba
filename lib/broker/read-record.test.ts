import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { errors } from '@nats-io/transport-node'
import { storedRecords } from '../../test/support/stored-records.ts'
import type { StoredRecords } from '../../test/support/stored-records.ts'
import { RecordUnavailableError, readRecord } from './read-record.ts'

let stored: StoredRecords
beforeEach(async () => {
  stored = await storedRecords()
})
const text = async (seq: number, patienceMs = 0): Promise<string | undefined> => {
  const record = await readRecord(stored.broker, 'MAIL_0', seq, patienceMs)
  return record && Buffer.from(record.data).toString()
}
const timeout = () => new errors.TimeoutError()

test('a record is read, and one that the leader has deleted is undefined', async () => {
  stored.put('MAIL_0', 1, 'one')
  stored.put('MAIL_0', 3, 'three')
  assert.deepEqual([await text(1), await text(2), await text(3)], ['one', undefined, 'three'])
})

test('a record beyond the end of the stream is not deleted: perhaps the leader is an old one', async () => {
  stored.put('MAIL_0', 3, 'three')
  await assert.rejects(text(4), (error) => error instanceof RecordUnavailableError && error.beyondEnd)
})

test('a record is not given up for a replica that does not answer: the leader is asked', async () => {
  stored.put('MAIL_0', 3, 'three')
  stored.failures.push(timeout())
  assert.equal(await text(2), undefined)
})

test('a leader that does not answer is waited for, for so long as the caller wants', async () => {
  stored.failures.push(timeout(), timeout())
  await assert.rejects(text(1), (error) => error instanceof RecordUnavailableError && !error.beyondEnd)
})

test('a stream that does not exist is not waited for', async () => {
  const [startedAt, patienceMs] = [performance.now(), 60_000]
  await assert.rejects(text(1, patienceMs), RecordUnavailableError)
  assert.ok(performance.now() - startedAt < patienceMs / 10)
})
