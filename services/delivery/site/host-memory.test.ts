import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { HostMemory } from './host-memory.ts'

let at = 0
let memory: HostMemory
beforeEach(() => {
  at = 0
  memory = new HostMemory(() => at)
})

test('an address that was down rests, longer each time, up to a maximum', () => {
  const rests: number[] = []
  for (let count = 0; count < 6; count++) {
    memory.wasDown('192.0.2.1')
    const since = at
    while (memory.isDown('192.0.2.1')) at += 1000
    rests.push((at - since) / 1000)
  }
  assert.deepEqual(rests, [15, 30, 60, 120, 120, 120])
  assert.equal(memory.isDown('192.0.2.2'), false)
})

test('an address that answered is up, and its next rest is short again', () => {
  memory.wasDown('192.0.2.1')
  memory.wasDown('192.0.2.1')
  memory.answered('192.0.2.1')
  assert.equal(memory.isDown('192.0.2.1'), false)
  memory.wasDown('192.0.2.1')
  at += 15_000
  assert.equal(memory.isDown('192.0.2.1'), false)
})

test('one connection finds out whether an address is up again; the others avoid it meanwhile', () => {
  memory.wasDown('192.0.2.1')
  at += 20_000
  assert.equal(memory.isDown('192.0.2.1'), false)
  memory.probing('192.0.2.1')
  assert.equal(memory.isDown('192.0.2.1'), true)
  at += 11_000
  assert.equal(memory.isDown('192.0.2.1'), false)
  memory.probing('192.0.2.9')
  assert.equal(memory.isDown('192.0.2.9'), false)
})

test('IPv6 is in doubt while one of its addresses is down', () => {
  memory.wasDown('192.0.2.1')
  assert.equal(memory.doubtsIpv6, false)
  memory.wasDown('2001:db8::1')
  assert.equal(memory.doubtsIpv6, true)
  at += 15_000
  assert.equal(memory.doubtsIpv6, false)
})

test('a TLS fault is remembered for two minutes', () => {
  memory.tlsFailed('192.0.2.1', 'handshake failure')
  assert.equal(memory.tlsFault('192.0.2.1'), 'handshake failure')
  at += 120_000
  assert.equal(memory.tlsFault('192.0.2.1'), undefined)
})

test('the memory is bounded', () => {
  for (let count = 0; count < 300; count++) memory.wasDown(`192.0.2.${count}`)
  assert.equal(memory.isDown('192.0.2.0'), false)
  assert.equal(memory.isDown('192.0.2.299'), true)
})
