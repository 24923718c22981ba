import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { newReputation } from '@postrider/reputation/reputation'
import type { Reputation } from '@postrider/reputation/reputation'
import { refused } from '../../../test/support/refusal.ts'
import { credentialConfig, domainConfig, limitConfig, runtimeConfig } from '../../../test/support/runtime-config.ts'
import { allowedSenders, limitsOf, maxOctets, maxRecipients, submitterOf } from './submitter.ts'

const APP = 'app@sender.test'
const good = () => undefined
const configOf = (credential: object = {}, domain: object = {}): RuntimeConfig =>
  runtimeConfig({ credentials: [credentialConfig(credential)], domains: [domainConfig(domain)] })
const suspended: Reputation = {
  ...newReputation(0, ''),
  suspended: { at: 0, reason: 'Spam', recipients: 100, percent: 7, limitPercent: 5, resumable: true },
}

describe('a session', () => {
  const reply = (config: RuntimeConfig, standingOf: (account: string) => Reputation | undefined = good): string =>
    refused(() => submitterOf(APP, config, standingOf))

  test('may submit while its credential and its domain are there', () => {
    assert.equal(reply(configOf()), 'ok')
    assert.equal(reply(runtimeConfig({ credentials: [] })), '530 5.7.0')
    assert.equal(reply(runtimeConfig({ domains: [] })), '530 5.7.0')
  })

  test('is refused for now when one of the two is suspended, by the administrator or for what it sent', () => {
    assert.equal(reply(configOf({ suspended: true })), '450 4.7.1')
    assert.equal(reply(configOf({}, { suspended: true })), '450 4.7.1')
    for (const account of ['credential/app@sender.test', 'domain/sender.test'])
      assert.equal(
        reply(configOf(), (asked) => (asked === account ? suspended : undefined)),
        '450 4.7.1',
      )
    assert.equal(
      reply(configOf(), () => newReputation(0, '')),
      'ok',
    )
  })
})

const both = configOf(
  { limit: limitConfig({ name: 'own', recipientsPerMessage: 50, messageBytes: 9000 }) },
  { limit: limitConfig({ name: 'all', recipientsPerMessage: 80, messageBytes: 7000 }) },
)

test('the stricter of two limits decides, and the platform is above both', () => {
  const submitter = submitterOf(APP, both, good)
  assert.deepEqual(
    [maxRecipients(submitter), maxOctets(submitter, 100_000), maxOctets(submitter, 5000)],
    [50, 7000, 5000],
  )
  const free = submitterOf(APP, configOf(), good)
  assert.deepEqual([maxRecipients(free), maxOctets(free, 5000)], [1000, 5000])
})

test("the credential's limit comes first, each as its account's tier has it, also while suspended", () => {
  const tiers = {
    levels: [
      { messagesPerDay: 10, afterCleanDays: 0 },
      { messagesPerDay: 100, afterCleanDays: 1 },
    ],
    stepDown: { bouncePercent: 5, spamPercent: 5, minimumRecipients: 10, windowMs: 1 },
  }
  const config = configOf(
    { suspended: true, limit: limitConfig({ tiers }) },
    { limit: limitConfig({ messagesPerDay: 50, tiers }) },
  )
  const limits = limitsOf(APP, config, (account) =>
    account.startsWith('domain/') ? { ...newReputation(0, ''), tier: 1 } : undefined,
  )
  assert.deepEqual(
    limits.map(({ account, limit }) => [account, limit.messagesPerDay]),
    [
      ['credential/app@sender.test', 10],
      ['domain/sender.test', 50],
    ],
  )
  assert.deepEqual(limitsOf('nobody@sender.test', config, good), [])
})

test('a login sends as itself, and as what its credential and its domain allow', () => {
  const config = configOf({ allowedSenders: ['b@sender.test'] }, { allowedSenders: ['*@other.test'] })
  assert.deepEqual(allowedSenders(submitterOf(APP, config, good)), [APP, 'b@sender.test', '*@other.test'])
})
