import assert from 'node:assert/strict'
import { test } from 'node:test'
import { whatReturns } from './what-returns.ts'

const MAIL = Buffer.from('Subject: a\r\nTo: b@remote.test\r\n\r\nbody\r\n\r\nmore\r\n')
const HEADERS = Buffer.from('Subject: a\r\nTo: b@remote.test\r\n')

test('a failure returns the whole message up to the size, and its headers beyond it', () => {
  assert.deepEqual(whatReturns(MAIL, {}, { kind: 'failed' }, MAIL.length), { full: MAIL })
  assert.deepEqual(whatReturns(MAIL, {}, { kind: 'failed' }, MAIL.length - 1), { headers: HEADERS })
})

test('RET=HDRS has the headers returned, and RET=FULL does not return more than the size', () => {
  assert.deepEqual(whatReturns(MAIL, { ret: 'HDRS' }, { kind: 'failed' }, 1000), { headers: HEADERS })
  assert.deepEqual(whatReturns(MAIL, { ret: 'FULL' }, { kind: 'failed' }, 1000), { full: MAIL })
  assert.deepEqual(whatReturns(MAIL, { ret: 'FULL' }, { kind: 'failed' }, 1), { headers: HEADERS })
})

test('nothing but a failure returns the whole message', () => {
  for (const kind of ['delayed', 'delivered'] as const)
    assert.deepEqual(whatReturns(MAIL, { ret: 'FULL' }, { kind }, 1000), { headers: HEADERS })
})

test('the content of a message that was held for review stays here', () => {
  assert.deepEqual(whatReturns(MAIL, {}, { kind: 'failed', headersOnly: true }, 1000), { headers: HEADERS })
})

test('a message without a body is all headers, and one that was deleted is nothing', () => {
  assert.deepEqual(whatReturns(HEADERS, {}, { kind: 'delayed' }, 1000), { headers: HEADERS })
  assert.deepEqual(whatReturns(Buffer.alloc(0), {}, { kind: 'failed' }, 1000), { headers: Buffer.alloc(0) })
})
