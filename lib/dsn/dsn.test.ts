import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { rcptParameters } from './parameters.ts'
import { wants } from './wants.ts'
import { decodeXtext, encodeXtext } from './xtext.ts'

test('xtext carries any text through a command line', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const encoded = encodeXtext(text)
      assert.match(encoded, /^[\x21-\x7e]*$/)
      assert.ok(!encoded.includes('='))
      assert.equal(decodeXtext(encoded), text.toWellFormed())
    }),
  )
})

test('NOTIFY decides what a recipient is told', () => {
  const address = 'kim@remote.test'
  assert.ok(wants({ address }, 'failed', false))
  assert.ok(wants({ address }, 'delayed', false))
  assert.ok(!wants({ address }, 'delivered', false))
  assert.ok(wants({ address }, 'delivered', true))
  assert.ok(!wants({ address, notify: 'NEVER' }, 'failed', true))
  assert.ok(!wants({ address, notify: ['SUCCESS'] }, 'failed', true))
  assert.ok(wants({ address, notify: ['SUCCESS'] }, 'delivered', false))
  assert.equal(
    rcptParameters({ address, notify: ['SUCCESS', 'FAILURE'], orcpt: 'rfc822;a+40b' }),
    ' NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+40b',
  )
})
