import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionAt, fixture, octetsOf, ofConnection, saysYes } from './script.ts'
import type { Moment } from './script.ts'

const moment = (more: Partial<Moment> = {}): Moment => ({
  stage: 'rcpt',
  time: 1,
  accepted: 0,
  usual: '250 ok',
  ...more,
})

test('a stage that a script does not name is answered as usual', () => {
  assert.deepEqual(actionAt({}, moment()), { send: '250 ok' })
})

test('a limit counts the recipients of the transaction', () => {
  const script = fixture('ten-recipients-at-a-time')
  assert.deepEqual(actionAt(script, moment({ accepted: 9 })), { send: '250 ok' })
  assert.deepEqual(actionAt(script, moment({ accepted: 10 })), { send: '452 4.5.3 Too many recipients' })
})

test('the last of the entries for each time is said from then on', () => {
  const script = { rcpt: { each: ['450 later', '250 ok'] } }
  const said = [1, 2, 3].map((time) => actionAt(script, moment({ time })).send)
  assert.deepEqual(said, ['450 later', '250 ok', '250 ok'])
})

test('one that only waits says the usual afterwards; one that closes says nothing', () => {
  assert.deepEqual(actionAt({ rcpt: { delay: 2 } }, moment()), { send: '250 ok', delay: 2 })
  assert.equal(octetsOf(actionAt({ rcpt: { then: 'close' } }, moment())), '')
})

test('overrides of the first connection are not those of the second', () => {
  const script = { mail: '250 ok', connections: [{ mail: '421 no' }] }
  assert.equal(ofConnection(script, 1).mail, '421 no')
  assert.equal(ofConnection(script, 2).mail, '250 ok')
})

test('raw octets are written as they are', () => {
  assert.equal(octetsOf({ raw: '250 a\\r\\n\\xff\\n' }), '250 a\r\n\xff\n')
  assert.equal(octetsOf({ send: ['250-a', '250 b'] }), '250-a\r\n250 b\r\n')
})

test('the last line of the first reply says yes or no', () => {
  assert.ok(saysYes('250 ok\r\n550 no\r\n'))
  assert.ok(!saysYes('250-wait\r\nno code\r\n550 no\r\n'))
  assert.ok(!saysYes(''))
})
