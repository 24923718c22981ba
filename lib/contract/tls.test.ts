import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CERTIFICATES } from './tls.ts'

const first = { certFile: '/tls.crt', keyFile: '/tls.key' }

test('certificates are read as they were written', () => {
  const all = [
    { first, further: [] },
    { first, further: [first, first], clientCaFile: '/ca.crt' },
  ]
  for (const certificates of all) assert.deepEqual(CERTIFICATES.read(CERTIFICATES.write(certificates)), certificates)
})

test('without further certificates their variable is not written', () => {
  assert.deepEqual(CERTIFICATES.write({ first, further: [] }), {
    POSTRIDER_TLS_CERT: '/tls.crt',
    POSTRIDER_TLS_KEY: '/tls.key',
  })
})

test('a certificate without its key is named', () => {
  const without = { ...CERTIFICATES.write({ first, further: [] }), POSTRIDER_TLS_KEY: undefined }
  assert.throws(() => CERTIFICATES.read(without), { name: 'BadSettingError', message: 'POSTRIDER_TLS_KEY is not set' })
  const half = { ...CERTIFICATES.write({ first, further: [] }), POSTRIDER_TLS_FURTHER: '[{"certFile":"/a"}]' }
  assert.throws(() => CERTIFICATES.read(half), {
    name: 'BadSettingError',
    message: /^POSTRIDER_TLS_FURTHER is malformed at 0\.keyFile: /,
  })
})
