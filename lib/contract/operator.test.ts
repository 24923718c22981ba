import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { OPERATOR } from './operator.ts'
import type { OperatorSettings } from './operator.ts'

const SETTINGS: OperatorSettings = {
  logLevel: 'info',
  telemetry: { host: '0.0.0.0', port: 9464 },
  namespace: 'mail',
  podName: 'postrider-operator-1',
  lease: 'postrider-operator',
  serviceAccount: 'postrider-operator',
  broker: {
    servers: ['tls://nats-0.nats:4222', 'tls://nats-1.nats:4222'],
    secret: 'broker-accounts',
    configuration: '0123456789abcdef',
    tlsMake: 'broker-tls',
    tlsSecret: 'broker-tls',
  },
  image: 'postrider:1',
  imagePullPolicy: 'Always',
  imagePullSecrets: ['one', 'two'],
}
const written = OPERATOR.write(SETTINGS)

test('the operator reads its settings', () => {
  assert.deepEqual(OPERATOR.read(written), SETTINGS)
})

test('without image pull secrets the variable is empty', () => {
  assert.deepEqual(OPERATOR.read({ ...written, POSTRIDER_IMAGE_PULL_SECRETS: '' }).imagePullSecrets, [])
})

test('a setting that is missing or malformed is named', () => {
  assert.throws(() => OPERATOR.read({ ...written, POSTRIDER_BROKER_SECRET: undefined }), {
    name: 'BadSettingError',
    message: 'POSTRIDER_BROKER_SECRET is not set',
  })
  assert.throws(() => OPERATOR.read({ ...written, POSTRIDER_IMAGE_PULL_POLICY: 'Sometimes' }), {
    name: 'BadSettingError',
    message: 'POSTRIDER_IMAGE_PULL_POLICY is Sometimes, but must be one of Always, IfNotPresent, Never',
  })
})

test('the chart writes only what the operator reads, and all that it needs', () => {
  const template = readFileSync(
    join(import.meta.dirname, '..', '..', 'charts', 'postrider', 'templates', 'operator.yaml'),
    'utf8',
  )
  const names = [...template.matchAll(/- name: (POSTRIDER_\w+|POD_NAME)$/gm)].map(([, name]) => name ?? '')
  assert.ok(names.length > 10)
  assert.deepEqual(
    names.filter((name) => !OPERATOR.names.includes(name)),
    [],
  )
  assert.doesNotThrow(() => OPERATOR.read(Object.fromEntries(names.map((name) => [name, written[name]]))))
})
