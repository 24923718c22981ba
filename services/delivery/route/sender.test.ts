import assert from 'node:assert/strict'
import { test } from 'node:test'
import { identity, senderOf } from './sender.ts'

const pools = new Map([
  ['a', { name: 'a', addresses: ['192.0.2.1'], ehloName: 'a.us.test' }],
  ['b', { name: 'b', addresses: ['192.0.2.2'] }],
])
const sender = (ofPolicy?: string, ofPlatform?: string) =>
  senderOf({ name: 'mx.test', pool: ofPolicy }, { platform: { hostName: 'us.test', pool: ofPlatform }, pools })

test("mail is sent from the policy's pool, else from the platform's, else from the address that the system chooses", () => {
  assert.deepEqual(sender('a', 'b'), { pool: 'a', ehloName: 'a.us.test', addresses: ['192.0.2.1'] })
  assert.deepEqual(sender(undefined, 'b'), { pool: 'b', ehloName: 'us.test', addresses: ['192.0.2.2'] })
  assert.deepEqual(sender(), { ehloName: 'us.test', addresses: [] })
})

test('a pool that does not exist defers the mail', () => {
  const found = sender('gone', 'b')
  assert.match('reply' in found ? found.reply : '', /^451 4\.3\.5 .* gone,/)
})

test('the identity of the platform is its host name, and the EHLO names and addresses of its pools', () => {
  assert.deepEqual(identity('us.test', pools), {
    names: new Set(['us.test', 'a.us.test']),
    addresses: new Set(['192.0.2.1', '192.0.2.2']),
  })
})
