import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFor, subjectNames } from './host-names.ts'
import { makeLocalCertificate } from './local-certificate.ts'

test("a certificate's names are its alternative ones, in lower case", async () => {
  const { cert } = await makeLocalCertificate(['Mail.One.test', '*.two.test', '127.0.0.1'])
  assert.deepEqual(subjectNames(cert), { dns: ['mail.one.test', '*.two.test'], emails: [], uris: [] })
  assert.throws(() => subjectNames('no certificate'))
})

test('a host matches its name, or a wildcard for exactly its first label (RFC 9525, 6.3)', () => {
  const names = ['mail.one.test', '*.two.test']
  for (const host of ['mail.one.test', 'MAIL.one.TEST', 'mail.one.test.', 'smtp.two.test'])
    assert.ok(isFor(names, host), host)
  for (const host of [
    'one.test',
    'other.one.test',
    'two.test',
    'a.smtp.two.test',
    '',
    '.',
    '*',
    'mail.one.test.evil.test',
  ])
    assert.ok(!isFor(names, host), host)
})
