import assert from 'node:assert/strict'
import { test } from 'node:test'
import { API } from './api.ts'
import type { SettingsOf } from './contract.ts'

const SETTINGS: SettingsOf<typeof API> = {
  logLevel: 'info',
  telemetry: { host: '127.0.0.1', port: 19474 },
  broker: { servers: ['nats://127.0.0.1:4222'], user: 'api', password: 'secret' },
  shards: 4,
  certificates: { first: { certFile: '/tls.crt', keyFile: '/tls.key' }, further: [], clientCaFile: '/ca.crt' },
  host: '127.0.0.1',
  port: 1443,
  httpPort: 1080,
  publicHost: 'setup.sender.test',
  submission: { host: 'mail.sender.test', implicitTls: 465, startTls: 587 },
}
const written = API.write(SETTINGS)

test('the HTTP service reads its settings', () => {
  assert.deepEqual(API.read(written), SETTINGS)
  const { publicHost, ...inside } = { ...SETTINGS, submission: { host: 'mail.sender.test' } }
  assert.ok(publicHost)
  assert.deepEqual(API.read(API.write(inside)), inside)
})

test('an earlier release wrote an empty name where there was no public one', () => {
  assert.equal(API.read({ ...written, POSTRIDER_API_PUBLIC_HOST: '' }).publicHost, undefined)
})

test('a setting that is missing or malformed is named', () => {
  const cases: [setting: string, value: string | undefined, message: RegExp][] = [
    ['POSTRIDER_SUBMISSION', undefined, /is not set$/],
    ['POSTRIDER_SUBMISSION', 'mail.sender.test', /is not JSON$/],
    ['POSTRIDER_SUBMISSION', '{"implicitTls":465}', /is malformed at host: /],
    ['POSTRIDER_SUBMISSION', '{"host":"a.test","startTls":"587"}', /is malformed at startTls: /],
    ['POSTRIDER_API_PORT', 'https', /is https, but must be a whole number from 0 to 65535$/],
    ['POSTRIDER_TLS_CERT', undefined, /is not set$/],
  ]
  for (const [setting, value, message] of cases)
    assert.throws(() => API.read({ ...written, [setting]: value }), { name: 'BadSettingError', setting, message })
})
