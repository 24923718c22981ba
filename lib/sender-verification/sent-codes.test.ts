import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SentCodes } from './sent-codes.ts'

const pending = { claim: 'c', attempts: 2, pendingID: 'id' }

test('a code that was sent is the current one, also while the stored state has it as pending', () => {
  const sent = new SentCodes()
  assert.equal(sent.after(undefined), undefined)
  assert.deepEqual(sent.after(pending), pending)
  sent.note('id', 'q1', 17)
  const current = { claim: 'c', attempts: 0, codeID: 'id', codeSentAt: 17, messageID: 'q1' }
  assert.deepEqual(sent.after(pending), current)
  assert.deepEqual(sent.after(current), current)
  sent.stored(undefined)
  sent.stored('id')
  assert.deepEqual(sent.after(pending), pending)
})

test('a thousand codes are remembered, the latest ones', () => {
  const sent = new SentCodes()
  for (let count = 0; count < 1001; count++) sent.note(`${count}`, 'q', 17)
  const ids = ['0', '1', '1000'].map((pendingID) => sent.after({ ...pending, pendingID })?.codeID)
  assert.deepEqual(ids, [undefined, '1', '1000'])
})
