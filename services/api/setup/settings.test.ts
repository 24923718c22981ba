import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemError } from '../problem.ts'
import { domainConfig, runtimeConfig } from '../../../test/support/runtime-config.ts'
import { addressIn, addressOf, domainOfHost, loginAt, settingsOf } from './settings.ts'

const isProblem =
  (status: number) =>
  (error: unknown): boolean =>
    error instanceof ProblemError && error.status === status

test('a domain that is suspended is as unknown as one that is not there', () => {
  const config = runtimeConfig({ domains: [domainConfig(), domainConfig({ name: 'off.test', suspended: true })] })
  const submission = { host: 'mail.host.test', implicitTls: 465, startTls: 587 }
  const { outgoing } = settingsOf('sender.test', config, submission)
  assert.deepEqual(
    outgoing.map(({ port, implicitTls }) => [port, implicitTls]),
    [
      [465, true],
      [587, false],
    ],
  )
  assert.deepEqual(settingsOf('sender.test', config, { host: 'mail.host.test' }).outgoing, [])
  for (const name of ['off.test', 'unknown.test'])
    assert.throws(() => settingsOf(name, config, submission), isProblem(404))
})

test('the address of a query is found, unless the program did not fill it in', () => {
  const asked = (query: string) => addressIn(new URLSearchParams(query))
  assert.equal(asked('EmailAddress=kim%40sender.test'), 'kim@sender.test')
  assert.equal(asked('emailaddress=kim+tag@sender.test'), 'kim+tag@sender.test')
  for (const query of ['', 'emailaddress=', 'emailaddress=%25EMAILADDRESS%25', 'emailaddress={email}', 'email=x'])
    assert.equal(asked(query), undefined, query)
})

test('an address is full and in its normal form', () => {
  assert.deepEqual(addressOf(' Kim@SENDER.test '), { address: 'Kim@sender.test', domain: 'sender.test' })
  for (const given of ['', 'kim', undefined, null]) assert.throws(() => addressOf(given), isProblem(400))
})

test('the host of a request names its domain', () => {
  assert.deepEqual(
    ['autoconfig.example.org', 'autodiscover.example.org', 'example.org', 'xautoconfig.example.org'].map(domainOfHost),
    ['example.org', 'example.org', 'example.org', 'xautoconfig.example.org'],
  )
})

test('a client logs in with the whole address, or what is before its last @', () => {
  assert.equal(loginAt({ userName: 'Address' }, 'kim@sender.test'), 'kim@sender.test')
  assert.equal(loginAt({ userName: 'LocalPart' }, '"a@b"@sender.test'), '"a@b"')
})
