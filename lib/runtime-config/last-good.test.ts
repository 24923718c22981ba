import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialConfig, RuntimeConfig } from './config.ts'
import { configOf, decodeConfig, encodeConfig } from './encode.ts'
import { LastGood } from './last-good.ts'

const credential: CredentialConfig = {
  address: 'app@sender.test',
  domain: 'sender.test',
  passwordHashes: ['x'],
  allowedSenders: [],
  suspended: false,
}
const config = {
  platform: {
    hostName: 'mail.sender.test',
    retry: { firstMs: 1, capMs: 2, jitter: 0, lifetimeMs: 3 },
    notices: { delayedAfterMs: 1, fullMessageBytes: 1, from: 'a@b' },
    placeholderMs: 1,
    resolvers: [],
    messageBytes: 1,
    smtpPort: 25,
    timeouts: { connectMs: 1 },
  },
  pools: new Map(),
  policies: [],
  domains: new Map(),
  credentials: new Map([[credential.address, credential]]),
} as unknown as RuntimeConfig
const entries = encodeConfig(config)
const key = [...entries.keys()].find((name) => name.startsWith('credential.')) ?? ''

test('a bad entry keeps its last good value, and the others apply', () => {
  const live = new LastGood()
  for (const [name, text] of entries) assert.equal(live.put(name, text), undefined)
  for (const text of ['', 'garbage', '{}', '{"address":"app@sender.test"}', JSON.stringify({ ...credential, v: 2 })]) {
    assert.equal(live.put(key, text)?.key, key, text)
    live.put('pools', JSON.stringify([{ name: text, addresses: [] }]))
    const now = configOf(live.values)
    assert.deepEqual(now?.credentials.get(credential.address), credential)
    assert.ok(now.pools.has(text))
    assert.equal(live.bad, 1)
  }
  live.put(key, JSON.stringify({ ...credential, suspended: true, unheardOf: 1 }))
  assert.equal(configOf(live.values)?.credentials.get(credential.address)?.suspended, true)
  assert.equal(live.bad, 0)
})

test('an entry that is no longer in the bucket is dropped, bad or not', () => {
  const live = new LastGood()
  for (const [name, text] of entries) live.put(name, text)
  live.put('domain.x', 'garbage')
  live.keepOnly(new Set(['platform']))
  assert.deepEqual([[...live.values.keys()], live.bad], [['platform'], 0])
})

test('without a platform there is no configuration, and entries that are bad at the start are ignored', () => {
  assert.equal(decodeConfig(new Map([['platform', 'garbage']])), undefined)
  assert.equal(decodeConfig(new Map([...entries, [key, 'garbage']]))?.credentials.size, 0)
})

test('an entry that could never be read is known as unreadable', () => {
  const live = new LastGood()
  for (const [name, text] of entries) live.put(name, text)
  const domain = `domain.${Buffer.from('sender.test').toString('base64url')}`
  live.put('policies', 'garbage')
  live.put(domain, 'garbage')
  assert.deepEqual([...live.unreadable], [domain])
  assert.deepEqual([...(configOf(live.values, live.unreadable)?.unreadableDomains ?? [])], ['sender.test'])
  live.delete(domain)
  assert.equal(live.unreadable.size, 0)
})
