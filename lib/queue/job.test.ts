import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import { job } from '../../test/support/taken-job.ts'
import { attemptKey, decodeJob, encodeJob } from './job.ts'

const read = (value: object) => decodeJob(Buffer.from(JSON.stringify(value)))

test('a job reads as it was written, with fields that a later release added', () => {
  const full = job({ part: 2, attempt: 3, uncounted: 1, lastReply: '450 later', again: true, since: 700, held: true })
  assert.deepEqual(decodeJob(Buffer.from(encodeJob(full))), full)
  assert.deepEqual(read({ ...full, tomorrow: 1 }), { ...full, tomorrow: 1 })
})

test('what an attempt was answered is cut: it is for people', () => {
  const { lastReply } = decodeJob(Buffer.from(encodeJob(job({ lastReply: 'x'.repeat(1_000_000) }))))
  assert.equal(lastReply?.length, 512)
})

test('an attempt has a name of its own', () => {
  const keys = [job(), job({ part: 1 }), job({ attempt: 1 })].map(attemptKey)
  assert.deepEqual(keys, ['q1/0/0', 'q1/1/0', 'q1/0/1'])
})

test('a job that cannot be read is malformed, and one of a later release is not', () => {
  const bad: object[] = [
    {},
    { ...job(), part: -1 },
    { ...job(), attempt: 1.5 },
    { ...job(), destination: 1 },
    { ...job(), content: { stream: '', seq: 1, parts: [] } },
    { ...job(), content: { stream: 'MAIL_0', seq: -1, parts: [] } },
    { ...job(), again: 'yes' },
  ]
  for (const value of bad) assert.throws(() => read(value), BadRecordError, JSON.stringify(value))
  assert.throws(() => decodeJob(Buffer.from('{')), BadRecordError)
  assert.throws(() => read({ v: 2 }), NewerRecordError)
})
