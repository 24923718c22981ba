import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Answer } from '../route/resolver.ts'
import type { RouteHost, Sender } from '../route/route.ts'
import { networkList } from '../route/special-addresses.ts'
import { addressesOf } from './host-addresses.ts'
import type { AddressOptions } from './host-addresses.ts'

const FOUR = '8.8.8.8'
const SIX = '2606:4700::1'

async function look(
  answer: string[] | Answer<string>,
  given: Partial<RouteHost> = {},
  options: Partial<AddressOptions> = {},
) {
  const host: RouteHost = { name: 'mx.test', port: 25, preference: 0, reach: 'public', ...given }
  const found = await addressesOf(host, {
    resolver: {
      mx: () => Promise.reject(new Error('not asked for')),
      addresses: async () => (Array.isArray(answer) ? { records: answer } : answer),
    },
    sender: { ehloName: 'us.test', addresses: [] },
    ownAddresses: new Set(),
    internal: networkList([]),
    seed: 'm',
    ipv4First: false,
    ...options,
  })
  return 'reply' in found ? found.reply : found.candidates.map(({ address }) => address)
}

describe('the addresses of a mail server', () => {
  test('alternate between the families, IPv6 first unless its path is in doubt', async () => {
    assert.deepEqual(await look([FOUR, SIX]), [SIX, FOUR])
    assert.deepEqual(await look([FOUR, SIX], {}, { ipv4First: true }), [FOUR, SIX])
  })

  test('are the public ones among several', async () => {
    assert.deepEqual(await look(['10.0.0.1', FOUR, '127.0.0.1', 'fe80::1']), [FOUR])
  })

  const refused: [addresses: string[], reply: RegExp][] = [
    [['10.1.2.3'], /^550 5\.4\.4 .*10\.1\.2\.3/],
    [['fd00::1', '169.254.169.254'], /^550 5\.4\.4 /],
    [['198.18.0.1', '203.0.113.1'], /^550 5\.4\.4 /],
    [['127.0.0.1'], /^554 5\.4\.6 /],
    [['::ffff:127.0.0.1'], /^554 5\.4\.6 /],
  ]
  for (const [addresses, reply] of refused)
    test(`are refused: ${addresses.join()}`, async () => assert.match(String(await look(addresses)), reply))

  test('may be any when a policy names the host', async () => {
    assert.deepEqual(await look(['10.1.2.3'], { reach: 'anywhere' }), ['10.1.2.3'])
    assert.deepEqual(await look(['10.1.2.3'], { name: '10.1.2.3', reach: 'anywhere' }), ['10.1.2.3'])
  })

  test('may be on loopback in tests, but nowhere else that is not public', async () => {
    assert.deepEqual(await look(['127.0.0.2', '10.1.2.3'], { reach: 'public-or-loopback' }), ['127.0.0.2'])
  })

  test('are not in a network that the configuration calls internal, unless a policy names the host', async () => {
    const internal = networkList(['8.8.0.0/16'])
    assert.match(String(await look([FOUR], {}, { internal })), /^550 5\.4\.4 /)
    assert.deepEqual(await look([FOUR, '9.9.9.9'], {}, { internal }), ['9.9.9.9'])
    assert.deepEqual(await look([FOUR], { reach: 'anywhere' }, { internal }), [FOUR])
  })

  test('are not those that this platform sends from', async () => {
    const ownAddresses = new Set([FOUR])
    assert.match(String(await look([SIX, FOUR], {}, { ownAddresses })), /^554 5\.4\.6 /)
    assert.match(String(await look(['::ffff:8.8.8.8'], {}, { ownAddresses })), /^554 5\.4\.6 /)
  })

  test('are those that the pool can reach', async () => {
    const pool = (...addresses: string[]): { sender: Sender } => ({
      sender: { ehloName: 'us.test', pool: 'p', addresses },
    })
    assert.deepEqual(await look([FOUR, SIX], {}, pool('192.0.2.1')), [FOUR])
    assert.match(String(await look([SIX], {}, pool('192.0.2.1'))), /^451 4\.3\.5 .* p has no IPv6 address/)
  })

  test('are a temporary failure when the lookup failed, and a permanent one when there are none', async () => {
    assert.match(String(await look({ none: 'trouble', detail: 'ESERVFAIL' })), /^451 4\.4\.3 /)
    assert.match(String(await look({ none: 'busy', detail: '' })), /^451 4\.4\.3 /)
    assert.match(String(await look({ none: 'no-data', detail: '' })), /^550 5\.4\.4 /)
    assert.match(String(await look({ none: 'no-such-domain', detail: '' })), /^550 5\.4\.4 /)
  })
})
