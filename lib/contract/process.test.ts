import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fields } from './contract.ts'
import { PROCESS } from './process.ts'

const contract = fields(PROCESS)

test('a process without settings serves telemetry on a free loopback port', () => {
  assert.deepEqual(contract.read({}), { logLevel: 'info', telemetry: { host: '127.0.0.1', port: 0 } })
})

test('a process reads its settings', () => {
  const settings = { logLevel: 'debug', telemetry: { host: '0.0.0.0', port: 9464 } } as const
  assert.deepEqual(contract.read(contract.write(settings)), settings)
})

test('an unknown log level is rejected by name', () => {
  assert.throws(() => contract.read({ POSTRIDER_LOG_LEVEL: 'loud' }), {
    name: 'BadSettingError',
    message: /^POSTRIDER_LOG_LEVEL is loud, but must be one of fatal, error,/,
  })
})
