import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { canonical, isIn, kindOf, networkList } from './special-addresses.ts'
import type { AddressKind } from './special-addresses.ts'

const kinds: [AddressKind, string[]][] = [
  ['public', ['8.8.8.8', '100.63.255.255', '100.128.0.0', '172.15.0.1', '172.32.0.1', '192.0.3.1', '223.255.255.255']],
  ['public', ['2a00:1450:4001::1a', '2606:4700::1', '2002:808:808::1', '64:ff9b::808:808', '::ffff:8.8.8.8']],
  ['loopback', ['127.0.0.1', '127.255.0.9', '0.0.0.0', '::1', '::', '::ffff:127.0.0.1', '::ffff:7f00:1']],
  ['loopback', ['2002:7f00:1::', '64:ff9b::127.0.0.1']],
  ['internal', ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254']],
  ['internal', ['100.64.0.1', '100.127.255.255', '192.0.2.1', '198.18.0.1', '198.19.255.255', '198.51.100.7']],
  ['internal', ['203.0.113.7', '224.0.0.251', '239.1.1.1', '240.0.0.1', '255.255.255.255', '192.0.0.8']],
  ['internal', ['fc00::1', 'fdff::1', 'fe80::1', 'fec0::1', 'ff02::1', '2001:db8::1', '3fff::1', '100::1', '5f00::1']],
  ['internal', ['2001::1', '2001:2::1', '::8.8.8.8', '64:ff9b:1::1', '2002:a00:1::1', '64:ff9b::10.0.0.1']],
  ['internal', ['::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '2002:c0a8:101::5', '4000::1']],
]

describe('an address is', () => {
  for (const [kind, addresses] of kinds)
    for (const address of addresses) test(`${kind}: ${address}`, () => assert.equal(kindOf(address), kind))
})

test('different text forms of an address compare as equal', () => {
  assert.equal(canonical('2A00:0:0:0::1'), canonical('2a00::1'))
  assert.equal(canonical('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(canonical('192.0.2.1'), '192.0.2.1')
})

test('a list of networks matches addresses of both families', () => {
  const list = networkList(['198.41.0.0/16', '2a00:1450::/32'])
  assert.deepEqual(
    ['198.41.9.9', '::ffff:198.41.9.9', '198.42.0.1', '2a00:1450:1::1', '2a00:1451::1'].map((each) => isIn(list, each)),
    [true, true, false, true, false],
  )
  assert.equal(isIn(networkList([]), '198.41.9.9'), false)
})
