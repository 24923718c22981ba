import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findLogin } from './find-login.ts'

test('a login is found when written in capitals, with blanks around it, and with any spelling of its domain', () => {
  const logins = new Map([
    ['Kim@example.org', 1],
    ['lee@xn--mnchen-3ya.example', 2],
  ])
  for (const given of [
    'Kim@example.org',
    'kim@example.org',
    ' KIM@Example.ORG ',
    'kim@example.org.',
    '\tkim@example.org\r\n',
  ])
    assert.equal(findLogin(logins, given), 'Kim@example.org')
  assert.equal(findLogin(logins, 'Lee@MÜNCHEN.example'), 'lee@xn--mnchen-3ya.example')
  assert.equal(findLogin(logins, 'Sam@example.org'), 'sam@example.org')
  for (const given of ['', 'kim', 'kim@', '\u212aim@example.org '])
    assert.ok(!logins.has(findLogin(logins, given)), given)
})
