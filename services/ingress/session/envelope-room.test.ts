import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEnvelopeRoom } from './envelope-room.ts'

const recipient = { address: 'kim@remote.test', orcpt: `rfc822;${'k'.repeat(400)}` }

test('recipients fit until the envelope is as large as the queue can store, and each transaction is counted separately', () => {
  const room = createEnvelopeRoom(() => 10_000)
  const first = {}
  let fitted = 0
  while (room.take(first, recipient)) fitted++
  assert.ok(fitted > 10 && fitted < 15, String(fitted))
  assert.equal(room.take(first, recipient), false)
  assert.equal(room.take(first, { address: 'a@b.test' }), true, 'a smaller one still fits')
  assert.equal(room.take({}, recipient), true)
})
