import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SettingsOf } from './contract.ts'
import { NOTIFIER } from './notifier.ts'

const SETTINGS: SettingsOf<typeof NOTIFIER> = {
  logLevel: 'info',
  telemetry: { host: '127.0.0.1', port: 19464 },
  broker: { servers: ['nats://127.0.0.1:4222'], user: 'notifier', password: 'secret' },
  shards: 4,
  logFile: '/log/messages.sqlite',
  platformKeyFile: '/platform.key',
}
const written = NOTIFIER.write(SETTINGS)

test('the notifier reads its settings', () => {
  assert.deepEqual(NOTIFIER.read(written), SETTINGS)
  const { platformKeyFile, ...unsigned } = SETTINGS
  assert.ok(platformKeyFile)
  assert.deepEqual(NOTIFIER.read(NOTIFIER.write(unsigned)), unsigned)
})

test('a setting that is missing or malformed is named', () => {
  assert.throws(() => NOTIFIER.read({ ...written, POSTRIDER_LOG_FILE: '' }), {
    name: 'BadSettingError',
    message: 'POSTRIDER_LOG_FILE is not set',
  })
  assert.throws(() => NOTIFIER.read({ ...written, POSTRIDER_TELEMETRY_PORT: '65536' }), {
    name: 'BadSettingError',
    message: 'POSTRIDER_TELEMETRY_PORT is 65536, but must be a whole number from 0 to 65535',
  })
})
