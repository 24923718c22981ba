import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readMailParameters, readRcptParameters } from './parameters.ts'
import { readPath } from './path.ts'
import { RefusalError } from './refusal.ts'

const NOW = Date.parse('2030-01-01T00:00:00Z')
const offers = { secure: true, longestHoldMs: 3_600_000, now: NOW }
const mail = (parameters: string, given: Partial<typeof offers> = {}) =>
  readMailParameters(readPath(`MAIL FROM:<sam@sender.test> ${parameters}`, 'MAIL FROM'), { ...offers, ...given })
const rcpt = (parameters: string) => readRcptParameters(readPath(`RCPT TO:<kim@remote.test> ${parameters}`, 'RCPT TO'))

const PLAIN = { eightBit: false, utf8: false, requireTls: false }

describe('the parameters of MAIL', () => {
  for (const [text, read] of [
    ['', PLAIN],
    ['SIZE=1000', { ...PLAIN, size: 1000 }],
    ['BODY=7bit', PLAIN],
    ['BODY=8bitmime', { ...PLAIN, eightBit: true }],
    ['SMTPUTF8', { ...PLAIN, utf8: true }],
    ['REQUIRETLS', { ...PLAIN, requireTls: true }],
    ['RET=hdrs ENVID=a+2B1', { ...PLAIN, ret: 'HDRS', envid: 'a+2B1' }],
    ['HOLDFOR=60', { ...PLAIN, hold: { forMs: 60_000 } }],
    ['HOLDUNTIL=2030-01-01T00:30:00Z', { ...PLAIN, hold: { until: NOW + 1_800_000 } }],
    // AUTH is accepted and ignored.
    ['AUTH=<>', PLAIN],
  ] as const)
    test(`${text} is read`, () => assert.deepEqual(mail(text), read))

  for (const [text, code, status, given] of [
    ['SIZE', 501, '5.5.4', {}],
    ['SIZE=1k', 501, '5.5.4', {}],
    ['SIZE=123456789012345678901', 501, '5.5.4', {}],
    ['BODY=BINARYMIME', 501, '5.5.4', {}],
    ['SMTPUTF8=yes', 501, '5.5.4', {}],
    ['RET=ALL', 501, '5.5.4', {}],
    ['ENVID=a+b', 501, '5.5.4', {}],
    ['REQUIRETLS', 530, '5.7.10', { secure: false }],
    ['X-OTHER=1', 555, '5.5.4', {}],
    ['NOTIFY=NEVER', 555, '5.5.4', {}],
    ['HOLDFOR=3601', 501, '5.5.4', {}],
    // Not offered, so not supported.
    ['HOLDFOR=60', 555, '5.5.4', { longestHoldMs: 0 }],
  ] as const) {
    test(`${text} is refused with ${code}${'secure' in given ? ' without TLS' : ''}`, () => {
      assert.throws(
        () => mail(text, given),
        (error) => {
          assert.ok(error instanceof RefusalError)
          assert.deepEqual([error.responseCode, error.status, error.reason], [code, status, 'parameter'])
          return true
        },
      )
    })
  }
})

test('a parameter without its value is refused, naming what is missing', () => {
  assert.throws(() => mail('SIZE'), /SIZE needs a value/)
})

describe('the parameters of RCPT', () => {
  test('are read', () => {
    assert.deepEqual(rcpt(''), {})
    assert.deepEqual(rcpt('NOTIFY=SUCCESS,DELAY ORCPT=rfc822;kim@example.org'), {
      notify: ['SUCCESS', 'DELAY'],
      orcpt: 'rfc822;kim@example.org',
    })
  })

  for (const [text, code] of [
    ['NOTIFY=NEVER,SUCCESS', 501],
    ['ORCPT', 501],
    ['SIZE=1', 555],
  ] as const) {
    test(`${text} is refused with ${code}`, () => {
      assert.throws(() => rcpt(text), {
        name: 'RefusalError',
        responseCode: code,
        status: '5.5.4',
        reason: 'parameter',
      })
    })
  }
})
