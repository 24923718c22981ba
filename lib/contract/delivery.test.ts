import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SettingsOf } from './contract.ts'
import { DELIVERY } from './delivery.ts'

const SETTINGS: SettingsOf<typeof DELIVERY> = {
  logLevel: 'info',
  telemetry: { host: '127.0.0.1', port: 19484 },
  broker: { servers: ['nats://127.0.0.1:4222'], user: 'delivery', password: 'secret' },
  shards: 7,
  jobsPerStream: 16,
}
const written = DELIVERY.write(SETTINGS)

test('delivery reads its settings', () => {
  assert.deepEqual(DELIVERY.read(written), SETTINGS)
})

test('a setting that is missing or malformed is named', () => {
  assert.throws(() => DELIVERY.read({ ...written, POSTRIDER_BROKER_URL: undefined }), {
    name: 'BadSettingError',
    message: 'POSTRIDER_BROKER_URL is not set',
  })
  assert.throws(() => DELIVERY.read({ ...written, POSTRIDER_JOBS_A_STREAM: '0' }), {
    name: 'BadSettingError',
    message: 'POSTRIDER_JOBS_A_STREAM is 0, but must be a whole number from 1 to 10000',
  })
})
