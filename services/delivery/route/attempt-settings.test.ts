import assert from 'node:assert/strict'
import { test } from 'node:test'
import { platformConfig, runtimeConfig } from '../../../test/support/runtime-config.ts'
import { attemptSettings, connectionSettings } from './attempt-settings.ts'

test('connections are kept over a change that is not about them', () => {
  const before = connectionSettings(platformConfig())
  const { timeouts } = platformConfig()
  const reordered = Object.fromEntries(Object.entries(timeouts).reverse()) as unknown as typeof timeouts
  for (const same of [{ longestHoldMs: 1 }, { internalNetworks: [] }, { timeouts: reordered }])
    assert.equal(connectionSettings(platformConfig(same)), before, JSON.stringify(same))
})

test('connections are not used on when timeouts, resolvers or internal networks change', () => {
  const { timeouts } = platformConfig()
  const settings = [
    {},
    { timeouts: { ...timeouts, finalMs: 7 } },
    { resolvers: ['127.0.0.1:53'] },
    { internalNetworks: ['198.51.100.0/24'] },
  ].map((given) => connectionSettings(platformConfig(given)))
  assert.equal(new Set(settings).size, settings.length)
})

test('the internal networks and the names of this platform follow from the configuration, which is read once', () => {
  const config = runtimeConfig({ platform: { internalNetworks: ['198.51.100.0/24'] } })
  const settings = attemptSettings(config)
  assert.deepEqual([settings.internal.check('198.51.100.7'), settings.internal.check('203.0.113.7')], [true, false])
  assert.equal(attemptSettings(config), settings)
  assert.notEqual(attemptSettings(runtimeConfig()), settings)
})
