import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvironment } from '@postrider/service/environment'
import { brokerAccess, brokerEnvironment } from './access.ts'
import type { BrokerAccess } from './connection.ts'

const PLAIN: BrokerAccess = { servers: ['nats://a:1', 'nats://b:2'], user: 'cli', password: 'secret' }

test('a service reads the access that it was given, with TLS and without', () => {
  const tls = { caFile: '/ca.pem', certFile: '/cert.pem', keyFile: '/key.pem' }
  for (const access of [PLAIN, { ...PLAIN, tls }, { ...PLAIN, tls: { caFile: '/ca.pem' } }])
    assert.deepEqual(brokerAccess(readEnvironment(brokerEnvironment(access))), access)
})
