import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newCodeID } from '@postrider/sender-verification/code'
import type { Verification } from '@postrider/sender-verification/verification'
import { statusOf, verificationOf } from './sender-status.ts'

const sentAt = Date.parse('2026-11-23T12:00:00Z')
const sent: Verification = {
  claim: 'claim',
  codeID: 'code',
  codeSentAt: sentAt,
  messageID: 'message',
  pendingID: 'pending',
  attempts: 2,
  tried: 'tried',
  resendDone: 'again',
  verifiedAt: Date.parse('2026-11-23T13:00:00Z'),
  proof: 'proof',
}

test('what a status remembers of a verification is read back as it was', () => {
  assert.deepEqual(verificationOf({ status: statusOf(sent) }), sent)
  const begun: Verification = { claim: 'claim', attempts: 0 }
  assert.deepEqual(verificationOf({ status: statusOf(begun) }), begun)
  assert.deepEqual(statusOf(begun), { claim: 'claim', attempts: 0 })
})

test('people see when the code was sent and when it expires', () => {
  const { codeSentAt, codeExpiresAt } = statusOf({ ...sent, codeID: newCodeID(sentAt) })
  assert.equal(codeSentAt, '2026-11-23T12:00:00.000Z')
  assert.ok((codeExpiresAt ?? '') > '2026-11-23T12:00:00.000Z')
})

test('an object whose verification has not begun remembers nothing', () => {
  assert.equal(verificationOf({ status: {} }), undefined)
  assert.equal(verificationOf({ status: { conditions: [] } }), undefined)
})
