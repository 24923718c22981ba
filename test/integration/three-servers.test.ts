import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'

let remote: Awaited<ReturnType<typeof startReceiver>>
let platform: TestPlatform

before(async () => {
  remote = await startReceiver()
  platform = await startPlatform({ routeTo: remote, broker: { servers: 3, shards: 1 } })
})
after(async () => {
  await platform.stop()
  await remote.close()
  platform.remove()
})

/** As a client does: an election of a leader may be answered 451. */
const submitPatiently = (to: string) => eventually(() => platform.submit({ to }), 60_000)
const arrived = (address: string) => remote.mails.some(({ to }) => to.includes(address))

test('three servers start, and mail goes on while one of them is dead', async () => {
  await submitPatiently('before@remote.test')
  await eventually(() => assert.ok(arrived('before@remote.test')), 60_000)
  const pids = await platform.pids()
  assert.equal(Object.keys(pids).filter((name) => name.startsWith('broker-')).length, 3)
  process.kill(pids['broker-0'] ?? 0, 'SIGKILL')
  await submitPatiently('after@remote.test')
  await eventually(() => assert.ok(arrived('after@remote.test')), 60_000)
  await eventually(async () => assert.ok((await platform.pids())['broker-0'], 'started again'), 30_000)
})

test('a client without a certificate of the servers learns nothing on a route port', async () => {
  // Of the second server: the first one was killed above, and may still be starting.
  const port = platform.ports.broker + 4
  for (const socket of [
    connect({ host: '127.0.0.1', port }),
    connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }),
  ]) {
    let heard = ''
    socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1'))).on('error', () => undefined)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.write('CONNECT {"verbose":false,"pedantic":false,"name":"x"}\r\nPING\r\n')
    await closed
    assert.doesNotMatch(heard, /INFO|PONG/)
  }
})

test('the queue of three servers does not become the queue of one', async () => {
  const text = readFileSync(join(platform.folder, 'platform.yaml'), 'utf8')
  await platform.stop()
  writeFileSync(join(platform.folder, 'platform.yaml'), text.replace(/servers: 3/, 'servers: 1'))
  await assert.rejects(platform.restart(), /spec\.broker\.servers is 1, but the queue is in .*, with three servers/)
  writeFileSync(join(platform.folder, 'platform.yaml'), text)
  await platform.restart()
  await submitPatiently('again@remote.test')
  await eventually(() => assert.ok(arrived('again@remote.test')), 60_000)
})
