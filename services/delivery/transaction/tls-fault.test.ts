import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeTlsFault } from './tls-fault.ts'

const fault = (code: string | undefined, given: object = {}): string =>
  describeTlsFault(Object.assign(new Error('socket hang up'), { code }, given), 'mx.test')

test('what is wrong with a certificate is said in words, with the host', () => {
  assert.equal(fault('CERT_HAS_EXPIRED'), 'the TLS certificate of mx.test has expired')
  assert.equal(fault('DEPTH_ZERO_SELF_SIGNED_CERT'), 'the TLS certificate of mx.test is self-signed')
})

test('a certificate for other names tells them, or that it has none', () => {
  const code = 'ERR_TLS_CERT_ALTNAME_INVALID'
  const text = 'the TLS certificate of mx.test is for other names: '
  assert.equal(fault(code, { cert: { subjectaltname: 'DNS:other.test' } }), `${text}DNS:other.test`)
  assert.equal(fault(code, { cert: { subjectaltname: '' } }), `${text}it has none`)
  assert.equal(fault(code), `${text}it has none`)
})

test('another fault keeps the words of OpenSSL or Node', () => {
  for (const code of ['ERR_SSL_WRONG_VERSION_NUMBER', undefined])
    assert.equal(fault(code), 'the TLS handshake with mx.test failed: socket hang up')
})
