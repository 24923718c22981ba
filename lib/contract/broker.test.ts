import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BROKER, BROKER_PASSWORD } from './broker.ts'

const PLAIN = { servers: ['nats://a:1', 'nats://b:2'], user: 'cli', password: 'secret' }

test('a service reads the settings for the broker, with and without TLS', () => {
  const tls = { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' }
  for (const access of [PLAIN, { ...PLAIN, tls }, { ...PLAIN, tls: { caFile: '/ca.pem' } }])
    assert.deepEqual(BROKER.read(BROKER.write(access)), access)
})

test('the names of variables are the same as in neighbouring releases', () => {
  assert.deepEqual(BROKER.write({ ...PLAIN, tls: { caFile: '/ca.pem' } }), {
    POSTRIDER_BROKER_URL: 'nats://a:1,nats://b:2',
    POSTRIDER_BROKER_USER: 'cli',
    POSTRIDER_BROKER_PASSWORD: 'secret',
    POSTRIDER_BROKER_CA_FILE: '/ca.pem',
  })
})

test('a password that is injected separately completes the written settings', () => {
  const { password, ...given } = PLAIN
  const written = BROKER.write(given)
  assert.throws(() => BROKER.read(written), { name: 'BadSettingError', setting: 'POSTRIDER_BROKER_PASSWORD' })
  assert.deepEqual(BROKER.read({ ...written, [BROKER_PASSWORD.name]: password }), PLAIN)
})
