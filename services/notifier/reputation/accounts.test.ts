import assert from 'node:assert/strict'
import { test } from 'node:test'
import { credentialConfig, domainConfig, runtimeConfig } from '../../../test/support/runtime-config.ts'
import { accountsOf } from './accounts.ts'

test("notices about a credential go to its own address, and those about a domain to the domain's postmaster", () => {
  const config = runtimeConfig({
    credentials: [credentialConfig({ address: 'app@sender.test', resume: 'fixed' })],
    domains: [domainConfig({ name: 'sender.test' })],
  })
  assert.deepEqual(
    [...accountsOf(config)].map(({ account, resume, domain, address }) => [account, resume, domain, address]),
    [
      ['credential/app@sender.test', 'fixed', 'sender.test', 'app@sender.test'],
      ['domain/sender.test', '', 'sender.test', 'postmaster@sender.test'],
    ],
  )
})
