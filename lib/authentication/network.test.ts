import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWithin, networkOf, parseNetworks } from './network.ts'

test('a client with many IPv6 addresses is one network, and with an IPv4 address one of its own', () => {
  assert.equal(networkOf('192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), networkOf('2001:db8:1:2::1'))
  assert.notEqual(networkOf('2001:db8:1:2::1'), networkOf('2001:db8:1:3::1'))
  assert.notEqual(networkOf('192.0.2.1'), networkOf('192.0.2.2'))
  assert.equal(networkOf('what is it'), 'what is it')
})

test('an address lies in a network of its family', () => {
  const networks = parseNetworks(['192.0.2.0/24', '2001:db8::/32'])
  const inside = ['192.0.2.0', '192.0.2.255', '::ffff:192.0.2.7', '2001:db8:ffff::1']
  const outside = ['192.0.3.0', '2001:db9::1', '::1', 'what is it', '']
  assert.deepEqual(
    inside.map((address) => isWithin(address, networks)),
    inside.map(() => true),
  )
  assert.deepEqual(
    outside.map((address) => isWithin(address, networks)),
    outside.map(() => false),
  )
  assert.equal(isWithin('192.0.2.1', []), false)
  assert.equal(isWithin('192.0.2.1', parseNetworks(['::/0'])), false)
})

test('a network that is none throws', () => {
  for (const text of ['192.0.2.0', '192.0.2.0/33', 'example.org/8']) assert.throws(() => parseNetworks([text]), text)
})
