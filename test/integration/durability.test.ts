import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { findBroker } from '@postrider/standalone/nats-server/find'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import { straceMissing, trace } from '../faults/strace.ts'
import type { Call } from '../faults/strace.ts'

const CALLS = ['openat', 'write', 'pwrite64', 'writev', 'sendto', 'fsync', 'fdatasync', 'sync_file_range']
const WRITES = ['write', 'pwrite64', 'writev']

/** How a record went to disk, by the system calls of its writer. */
interface Way {
  file: string
  write: Call
  /** The call that put the write on disk: an fsync of the file, or the write itself when the file was opened with O_SYNC. */
  sync: Call | undefined
  ack: Call
}

/** The way of the record that holds `marker`, to the acknowledgement of a write to its stream that came next. */
function wayOf(marker: string, calls: Call[]): Way {
  const write = calls.find(
    ({ name, args }) => WRITES.includes(name) && /^\d+<\/.*\.blk>/.test(args) && args.includes(marker),
  )
  assert.ok(write, `no write of ${marker} to a block file`)
  const file = /^\d+<([^>]*)>/.exec(write.args)?.[1] ?? ''
  const stream = /streams\/([^/]+)\//.exec(file)?.[1] ?? ''
  // An event names the stream as well, as the place of a message's content.
  const acknowledges = new RegExp(String.raw`(?<!:)\{\\"stream\\":\\"${stream}\\"`)
  const ack = calls.find(
    ({ name, args, entered }) =>
      ['write', 'writev', 'sendto'].includes(name) &&
      /^\d+<TCP/.test(args) &&
      acknowledges.test(args) &&
      entered > write.entered,
  )
  assert.ok(ack, `no acknowledgement of ${marker}`)
  return { file, write, ack, sync: syncOf(write, file, calls) }
}

function syncOf(write: Call, file: string, calls: Call[]): Call | undefined {
  const opened = calls.findLast(
    ({ name, args, returned }) => name === 'openat' && args.endsWith(`<${file}>`) && returned < write.entered,
  )
  if (opened !== undefined && /O_D?SYNC/.test(opened.args)) return write
  return calls.find(
    ({ name, args, entered }) =>
      (name === 'fsync' || name === 'fdatasync') &&
      args.includes(`<${file}>)`) &&
      args.endsWith('= 0') &&
      entered > write.returned,
  )
}

/** On disk before anyone was answered. */
const durable = ({ write, sync, ack }: Way): boolean =>
  sync !== undefined && sync.returned < ack.entered && write.returned < ack.entered

describe('what a 250 rests on', { skip: straceMissing() }, () => {
  test('the broker syncs a message to its block file, then acknowledges it, and then comes the 250', async () => {
    const remote = await startReceiver()
    const platform = await startPlatform({ routeTo: remote })
    try {
      const { broker = 0 } = await platform.pids()
      const tracing = await trace(broker, CALLS)
      const submitted: { marker: string; at: number }[] = []
      for (let count = 1; count <= 10; count++) {
        const marker = `durable-${count}-${crypto.randomUUID()}`
        await platform.submit({ to: 'kim@remote.test', text: marker })
        submitted.push({ marker, at: Date.now() })
      }
      const calls = await tracing.end()
      for (const { marker, at } of submitted) {
        const way = wayOf(marker, calls)
        assert.match(way.file, /MAIL_\d+\/msgs\/\d+\.blk$/)
        assert.match(way.ack.args, /_INBOX_ingress\./)
        assert.ok(durable(way), `${marker}: ${JSON.stringify(way, undefined, 2)}`)
        assert.ok(at >= Math.floor(way.ack.at), `${marker}: the 250 came before the acknowledgement`)
      }
      await eventually(() => assert.equal(remote.mails.length, submitted.length))
    } finally {
      await platform.stop()
      platform.remove()
      await remote.close()
    }
  })

  // The test above means nothing unless a broker that syncs later fails it.
  for (const { interval, expected } of [
    { interval: 'always', expected: true },
    { interval: '"2m"', expected: false },
  ]) {
    test(`a broker with sync_interval ${interval} ${expected ? 'passes' : 'fails'} this check`, async () => {
      const broker = await startPlainBroker(interval)
      try {
        const nc = await connect({ servers: `127.0.0.1:${broker.port}` })
        await (await jetstreamManager(nc)).streams.add({ name: 'PLAIN', subjects: ['plain'] })
        const tracing = await trace(broker.pid, CALLS)
        const markers = Array.from({ length: 5 }, () => crypto.randomUUID())
        for (const marker of markers) await jetstream(nc).publish('plain', marker)
        const calls = await tracing.end()
        await nc.close()
        for (const marker of markers) assert.equal(durable(wayOf(marker, calls)), expected)
      } finally {
        await broker.stop()
      }
    })
  }
})

async function startPlainBroker(interval: string) {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-plain-'))
  const port = await freePort()
  const config = join(folder, 'nats.conf')
  writeFileSync(
    config,
    `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${join(folder, 'store')}", sync_interval: ${interval} }\n`,
  )
  const child = spawn(await findBroker(), ['-c', config], { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await eventually(
    () =>
      new Promise<void>((resolve, reject) => {
        const socket = createConnection({ host: '127.0.0.1', port }, () => {
          socket.destroy()
          resolve()
        })
        socket.once('error', reject)
      }),
  )
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
