import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Recipient } from '@postrider/mail/envelope'
import {
  DsnParameterError,
  mailParameters,
  parseEnvid,
  parseNotify,
  parseOrcpt,
  parseRet,
  rcptParameters,
} from './dsn-parameters.ts'
import { wants } from './dsn-wants.ts'
import { decodeXtext, encodeXtext, isXtext } from './xtext.ts'

const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }))

test('xtext carries any text through a command line', () => {
  fc.assert(
    fc.property(text, (text) => {
      const encoded = encodeXtext(text)
      assert.match(encoded, /^[\x21-\x7e]*$/)
      assert.ok(!encoded.includes('=') && isXtext(encoded))
      assert.equal(decodeXtext(encoded), text.toWellFormed())
    }),
  )
})

test('invalid xtext is decoded as far as possible', () => {
  assert.equal(decodeXtext('a+2Bb+zz+4'), 'a+b+zz+4')
  assert.equal(decodeXtext('ёлка+2B'), 'ёлка+')
  for (const invalid of ['a b', 'a=b', '+2', '+zz', '+2b', 'é', 'a\r\n']) assert.ok(!isXtext(invalid), invalid)
})

test('parameters are read in any case, and an error names the parameter', () => {
  assert.equal(parseNotify('never'), 'NEVER')
  assert.deepEqual(parseNotify('Success,DELAY,success'), ['SUCCESS', 'DELAY'])
  assert.equal(parseRet('hdrs'), 'HDRS')
  assert.equal(parseEnvid('QQ314159+20x'), 'QQ314159+20x')
  assert.equal(parseOrcpt('rfc822;Bob+2Bx@Example.COM'), 'rfc822;Bob+2Bx@Example.COM')
  assert.equal(parseOrcpt('utf-8;ёлка@example.org'), 'utf-8;ёлка@example.org')
  const wrong: [parameter: string, parse: (value: string) => unknown, values: string[]][] = [
    ['NOTIFY', parseNotify, ['', 'NEVER,SUCCESS', 'SUCCESS,', 'SUCCESS, DELAY', 'ALWAYS']],
    ['RET', parseRet, ['', 'BODY', 'FULL,HDRS']],
    ['ENVID', parseEnvid, ['', 'a b', 'a=b', '+0', 'x'.repeat(101)]],
    [
      'ORCPT',
      parseOrcpt,
      ['', 'rfc822', 'rfc822;', ';a', 'rfc 822;a', 'rfc822;a b', 'rfc822;é', `rfc822;${'x'.repeat(494)}`],
    ],
  ]
  for (const [parameter, parse, values] of wrong) {
    for (const value of values) {
      assert.throws(() => parse(value), { name: 'DsnParameterError', parameter }, `${parameter}=${value}`)
    }
  }
})

test('for any text, a parser either throws an error with the parameter or returns a value that can be passed on', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        text.map(encodeXtext),
        text.map((text) => `rfc822;${encodeXtext(text)}`),
      ),
      (value) => {
        const line = /^( [A-Z]+=[\x21-\x7e]+)*$/
        for (const format of [
          () => mailParameters({ envid: parseEnvid(value) }),
          () => mailParameters({ ret: parseRet(value) }),
          () => rcptParameters({ orcpt: parseOrcpt(value) }),
          () => rcptParameters({ notify: parseNotify(value) }),
        ]) {
          try {
            assert.match(format(), line)
          } catch (error) {
            if (!(error instanceof DsnParameterError)) throw error
          }
        }
        // Stored values cannot inject a second command either.
        assert.match(mailParameters({ envid: value }), line)
        assert.match(rcptParameters({ orcpt: value }), line)
      },
    ),
    { numRuns: 1000 },
  )
})

test('parameters are passed on unchanged', () => {
  const notifies = fc.oneof(
    fc.constant('NEVER' as const),
    fc.uniqueArray(fc.constantFrom('SUCCESS' as const, 'FAILURE' as const, 'DELAY' as const), { minLength: 1 }),
  )
  fc.assert(
    fc.property(notifies, fc.string({ minLength: 1, maxLength: 30 }).map(encodeXtext), (notify, xtext) => {
      const orcpt = `rfc822;${xtext}`
      const [, words = '', passedOn = ''] = / NOTIFY=(\S+) ORCPT=(\S+)$/.exec(rcptParameters({ notify, orcpt })) ?? []
      assert.deepEqual(parseNotify(words), notify)
      assert.equal(parseOrcpt(passedOn), orcpt)
      assert.equal(mailParameters({ ret: 'HDRS', envid: xtext }), ` RET=HDRS ENVID=${xtext}`)
    }),
  )
  assert.equal(mailParameters({}) + rcptParameters({}), '')
})

test('NOTIFY decides which notices are sent for a recipient', () => {
  const noticesFor = (notify: Recipient['notify'], domain: boolean) =>
    (['failed', 'delayed', 'delivered'] as const).filter((kind) =>
      wants({ address: 'kim@remote.test', notify }, kind, domain),
    )
  assert.deepEqual(noticesFor(undefined, false), ['failed', 'delayed'])
  assert.deepEqual(noticesFor(undefined, true), ['failed', 'delayed', 'delivered'])
  assert.deepEqual(noticesFor('NEVER', true), [])
  assert.deepEqual(noticesFor(['SUCCESS'], false), ['delivered'])
  assert.deepEqual(noticesFor(['FAILURE'], true), ['failed'])
  assert.deepEqual(noticesFor(['DELAY', 'FAILURE'], true), ['failed', 'delayed'])
})
