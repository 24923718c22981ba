import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLocalAddresses } from './local-address.ts'

test("a pool's addresses of the remote's family are used in turn, separately for each family", () => {
  const localAddress = createLocalAddresses()
  const pool = { ehloName: 'us.test', pool: 'p', addresses: ['192.0.2.1', '2001:db8::1', '192.0.2.2', '192.0.2.3'] }
  const four = Array.from({ length: 4 }, () => localAddress(pool, '198.51.100.1'))
  assert.deepEqual(four, ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.1'])
  assert.equal(localAddress(pool, '2001:db8::9'), '2001:db8::1')
  assert.equal(localAddress({ ehloName: 'us.test', addresses: [] }, '198.51.100.1'), undefined)
})
