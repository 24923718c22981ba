import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actionAt, codeOf, piecesOf, saysYes } from './script.ts'
import type { Action, Script, Step } from './script.ts'

const FIRST: Step = {
  stage: 'rcpt',
  argument: 'kim@remote.test',
  connection: 1,
  time: 1,
  attempt: 1,
  accepted: 0,
  secure: false,
}
const said = (script: Script, step: Partial<Step> = {}): Action => actionAt(script, { ...FIRST, ...step }, '250 ok')

test('a stage that a script does not name is answered as usual', () => {
  assert.deepEqual(said({}), { send: '250 ok' })
  assert.deepEqual(
    said(() => undefined),
    { send: '250 ok' },
  )
})

test('a function decides by the step', () => {
  const script = ({ argument, attempt }: Step): string | undefined =>
    argument.startsWith('kim') && attempt < 3 ? '450 later' : undefined
  assert.deepEqual(
    [1, 2, 3].map((attempt) => said(script, { attempt }).send),
    ['450 later', '450 later', '250 ok'],
  )
})

test('a limit counts the recipients of the transaction', () => {
  const script = { rcpt: { limit: 10, over: '452 4.5.3 Too many recipients' } }
  assert.deepEqual(said(script, { accepted: 9 }), { send: '250 ok' })
  assert.deepEqual(said(script, { accepted: 10 }), { send: '452 4.5.3 Too many recipients' })
})

test('the last of the entries for each time is said from then on', () => {
  const script = { rcpt: { each: ['450 later', '251 ok'] } }
  assert.deepEqual(
    [1, 2, 3].map((time) => said(script, { time }).send),
    ['450 later', '251 ok', '251 ok'],
  )
})

test('one that only waits says the usual afterwards; one that closes says nothing', () => {
  assert.deepEqual(said({ rcpt: { delayMs: 2 } }), { send: '250 ok', delayMs: 2 })
  assert.deepEqual(piecesOf(said({ rcpt: { then: 'close' } })), [''])
})

test('overrides of the first connection are not those of the second', () => {
  const script = { rcpt: '251 ok', connections: [{ rcpt: '421 no' }] }
  assert.equal(said(script).send, '421 no')
  assert.equal(said(script, { connection: 2 }).send, '251 ok')
})

test('raw octets are written as they are, and lines get their end', () => {
  assert.deepEqual(piecesOf({ raw: ['250 a\r', '\n\xff\n'] }), ['250 a\r', '\n\xff\n'])
  assert.deepEqual(piecesOf({ send: ['250-a', '250 \u00fc'] }), ['250-a\r\n250 \xc3\xbc\r\n'])
})

test('the last line of the first reply says yes or no', () => {
  assert.ok(saysYes({ raw: '250 ok\r\n550 no\r\n' }))
  assert.ok(!saysYes({ send: ['250-wait', 'no code', '550 no'] }))
  assert.ok(!saysYes({ raw: '' }))
  assert.equal(codeOf({ raw: ['2', '50 in pieces\r\n'] }), 250)
})
