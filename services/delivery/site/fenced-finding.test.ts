import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findingOf } from './findings.ts'

const recipient = { address: 'a@remote.test' }

test('a transaction that the fence ended is no finding about the site', () => {
  const result = { recipient, result: 'failed', reply: 'the message was not completed', stage: 'content' } as const
  assert.equal(findingOf({ recipients: [{ ...result, errorCode: 'LEASE' }] }), 'unknown')
  assert.equal(findingOf({ recipients: [{ ...result, errorCode: 'CLOSED' }] }), 'crowded')
})
