import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INGRESS } from './ingress.ts'
import type { IngressSettings } from './ingress.ts'

const SETTINGS: IngressSettings = {
  logLevel: 'warn',
  telemetry: { host: '127.0.0.1', port: 19504 },
  broker: { servers: ['nats://127.0.0.1:4222'], user: 'ingress', password: 'secret' },
  shards: 4,
  listeners: [
    {
      kind: 'submissions',
      host: '0.0.0.0',
      port: 1465,
      networks: [],
      proxies: ['10.0.0.0/8'],
      clientCertificate: 'Optional',
    },
    {
      kind: 'relay',
      host: '127.0.0.1',
      port: 2525,
      networks: ['127.0.0.0/8'],
      proxies: [],
      clientCertificate: 'None',
      credential: 'app@sender.test',
    },
  ],
  certificates: { first: { certFile: '/tls.crt', keyFile: '/tls.key' }, further: [] },
  platformKeyFile: '/platform.key',
  storeWaitMs: 1000,
  queueFolder: '/queue',
  queueReserveBytes: 1024,
}
const written = INGRESS.write(SETTINGS)

test('ingress reads its settings', () => {
  assert.deepEqual(INGRESS.read(written), SETTINGS)
})

test('ingress has defaults for settings that its provider does not write', () => {
  const { listeners, certificates, platformKeyFile, broker } = SETTINGS
  assert.deepEqual(INGRESS.read(INGRESS.write({ telemetry: {}, listeners, certificates, platformKeyFile, broker })), {
    logLevel: 'info',
    telemetry: { host: '127.0.0.1', port: 0 },
    broker,
    shards: 4,
    listeners,
    certificates,
    platformKeyFile,
    storeWaitMs: 240_000,
    queueReserveBytes: 64 * 1024 * 1024,
  })
})

test('optional settings of a listener may be omitted', () => {
  const [listener] = INGRESS.read({
    ...written,
    POSTRIDER_LISTENERS: '[{"kind":"submission","host":"::","port":587}]',
  }).listeners
  assert.deepEqual(listener, {
    kind: 'submission',
    host: '::',
    port: 587,
    networks: [],
    proxies: [],
    clientCertificate: 'None',
  })
})

test('a setting that is missing or malformed is named', () => {
  const cases: [setting: string, value: string | undefined, message: RegExp][] = [
    ['POSTRIDER_LISTENERS', undefined, /is not set$/],
    ['POSTRIDER_LISTENERS', '587', /is malformed: /],
    ['POSTRIDER_LISTENERS', '[{"kind":"smtp","host":"::","port":25}]', /is malformed at 0\.kind: /],
    ['POSTRIDER_PLATFORM_KEY_FILE', undefined, /is not set$/],
    ['POSTRIDER_STORE_WAIT_MS', '99', /must be a whole number from 100 to 300000$/],
    ['POSTRIDER_SHARDS', 'four', /is four, but must be a whole number from 1 to 64$/],
  ]
  for (const [setting, value, message] of cases)
    assert.throws(() => INGRESS.read({ ...written, [setting]: value }), { name: 'BadSettingError', setting, message })
})
