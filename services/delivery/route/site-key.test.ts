import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TIMEOUTS } from '../../../test/support/receiver/client.ts'
import { connectionSettings } from './attempt-settings.ts'
import type { RouteHost, Sender, ResolvedRoute } from './route.ts'
import { siteKey } from './site-key.ts'

const host = (name: string, preference: number, given: Partial<RouteHost> = {}): RouteHost => ({
  name,
  preference,
  port: 25,
  reach: 'public',
  ...given,
})
const base: ResolvedRoute = {
  name: 'one.test',
  hosts: [host('one.test', 0), host('two.test', 1)],
  tls: 'opportunistic',
  connections: 20,
  messagesPerConnection: 100,
}
const us: Sender = { ehloName: 'us.test', addresses: [] }
const settings = {
  timeouts: TIMEOUTS,
  resolvers: [] as string[],
  internalNetworks: [] as string[],
}
const key = (
  given: Partial<ResolvedRoute> = {},
  { sender = us, ...other }: Partial<typeof settings> & { sender?: Sender } = {},
) => siteKey({ ...base, ...given }, sender, connectionSettings({ ...settings, ...other }))

test('the same hosts in any order are the same site', () => {
  assert.equal(key({ name: 'other', hosts: base.hosts.toReversed() }), key())
})

test('any other difference makes another site', () => {
  const others = [
    key({ hosts: [host('one.test', 0)] }),
    key({ hosts: [host('one.test', 0), host('three.test', 1)] }),
    key({ hosts: [host('one.test', 0), host('two.test', 0)] }),
    key({ hosts: [host('one.test', 1), host('two.test', 0)] }),
    key({ hosts: [host('one.test', 0, { port: 26 }), host('two.test', 1)] }),
    key({ hosts: [host('one.test', 0, { reach: 'anywhere' }), host('two.test', 1)] }),
    key({ tls: 'required' }),
    key({ tls: 'required', requireTls: true }),
    key({ connections: 1 }),
    key({ messagesPerConnection: 1 }),
    key({}, { sender: { ehloName: 'other.test', addresses: [] } }),
    key({}, { sender: { ehloName: 'us.test', addresses: ['192.0.2.1'] } }),
    key({}, { sender: { ehloName: 'us.test', pool: 'p', addresses: [] } }),
    key({}, { timeouts: { ...TIMEOUTS, finalMs: 1 } }),
    key({}, { resolvers: ['192.0.2.53:53'] }),
    key({}, { internalNetworks: ['192.0.2.0/24'] }),
  ]
  assert.equal(new Set([key(), ...others]).size, others.length + 1)
})
