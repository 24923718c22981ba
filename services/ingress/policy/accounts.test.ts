import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialConfig, DomainConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { declaredAccounts } from './accounts.ts'

const configOf = (domains: string[], credentials: string[]): RuntimeConfig =>
  ({
    domains: new Map(domains.map((name) => [name, { name } as DomainConfig])),
    credentials: new Map(credentials.map((address) => [address, { address } as CredentialConfig])),
  }) as RuntimeConfig

test('the declared accounts follow the configuration', () => {
  let change: (config: RuntimeConfig) => void = () => undefined
  const accounts = declaredAccounts({
    current: configOf(['sender.test'], ['sam@sender.test']),
    onChange: (run) => (change = run),
  })
  let changes = 0
  accounts.onChange(() => changes++)
  const has = () =>
    ['domain/sender.test', 'credential/sam@sender.test', 'credential/new@sender.test'].map((one) => accounts.has(one))
  assert.deepEqual(has(), [true, true, false])
  change(configOf(['sender.test'], ['new@sender.test']))
  assert.deepEqual([...has(), changes], [true, false, true, 1])
})
