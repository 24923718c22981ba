import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import { mayBeStored, storageRefusal } from './storage-refusal.ts'

const reply = (error: unknown): string | undefined => {
  const refusal = storageRefusal(error)
  return refusal && `${refusal.responseCode} ${refusal.status}`
}

test('what a broker that is away could not take is welcome later, and what it refuses is not', () => {
  assert.equal(reply(new NotStoredError(1, {})), '451 4.3.0')
  assert.equal(reply(new RecordRefusedError('nothing', {})), '554 5.3.0')
})

test('a record that is too large says of what there is too much', () => {
  for (const [what, word] of [
    ['envelope', 'recipients'],
    ['content', 'message'],
  ] as const) {
    const error = new RecordTooLargeError(what, 2, 1)
    assert.equal(reply(error), '552 5.3.4')
    assert.ok(storageRefusal(error)?.message.includes(`the ${word}`))
  }
})

test('another fault is not the queue', () => {
  assert.equal(storageRefusal(new Error('a fault')), undefined)
})

test('a message counts when it is perhaps in the queue, and only then', () => {
  assert.deepEqual(
    [
      new NotStoredError(1, {}),
      new NotStoredError(1, { left: 'nothing' }),
      new RecordRefusedError('perhaps', {}),
      new RecordRefusedError('nothing', {}),
      new Error('a fault'),
    ].map(mayBeStored),
    [true, false, true, false, false],
  )
})
