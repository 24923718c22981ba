import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createAcceptor } from '@postrider/queue/accept'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { mailStream } from '@postrider/broker/names'
import { RecordUnavailableError, readRecord } from '@postrider/broker/read-record'
import { readStream } from '@postrider/broker/read-stream'
import { ensureStreamsSoon } from '@postrider/standalone/broker/broker'
import { startCluster } from '../support/broker-cluster.ts'
import type { TestCluster } from '../support/broker-cluster.ts'
import { envelope } from '../support/envelope.ts'
import { eventually } from '../support/eventually.ts'
import { runClusterCampaign } from './campaign.ts'
import { faultsOf } from './verdict.ts'

let cluster: TestCluster
/** Connected to all servers, and to a follower of MAIL_0 only. */
let broker: Broker
let atFollower: Broker
let follower: number

before(async () => {
  cluster = await startCluster({ shards: 1 })
  broker = await openBroker('admin', cluster.access('admin'))
  // Each server is healthy before all know of one another.
  await ensureStreamsSoon(broker, { shards: 1, replicas: 3, contentBackstopMs: 3.6e6, eventsMs: 3.6e6 })
  await cluster.healthy()
  const leader = await cluster.leaderOf(broker, mailStream(0))
  follower = cluster.servers.findIndex(({ name }) => name !== leader?.name)
  const others = cluster.servers.filter((_, index) => index !== follower)
  await broker.close()
  broker = await openBroker('admin', { ...cluster.access('admin'), servers: others.map(({ url }) => url) })
  atFollower = await openBroker('delivery', {
    ...cluster.access('delivery'),
    servers: [cluster.servers[follower]?.url ?? ''],
  })
})
after(async () => {
  await atFollower.close()
  await broker.close()
  await cluster.stop()
})

test('a replica that lags does not make a record disappear', async () => {
  const acceptor = createAcceptor(broker, 1, { waitMs: 120_000 })
  await acceptor.store(envelope({ id: 'first' }), Buffer.from('one'))
  const rejoin = cluster.isolate(follower)
  const { seq } = await acceptor.store(envelope({ id: 'second' }), Buffer.from('two'))
  await assert.rejects(readRecord(atFollower, mailStream(0), seq, 3000), RecordUnavailableError)
  rejoin()
  const found = await readRecord(atFollower, mailStream(0), seq)
  assert.equal(Buffer.from(found?.data ?? []).toString(), 'two')
  const seqs = await Array.fromAsync(readStream(atFollower, mailStream(0), { seq: 1 }, seq), (record) => record.seq)
  assert.deepEqual(seqs, [1, seq])
})

test('a record that was deleted is gone, also for a replica', async () => {
  const acceptor = createAcceptor(broker, 1, { waitMs: 120_000 })
  const { seq } = await acceptor.store(envelope({ id: 'third' }), Buffer.from('three'))
  await broker.jsm.streams.deleteMessage(mailStream(0), seq)
  // A replica that lags still answers with it.
  await eventually(async () => assert.equal(await readRecord(atFollower, mailStream(0), seq), undefined))
})

test('a follower that stops again and again costs no mail, no notice and no bounce', async () => {
  const [verdict] = await runClusterCampaign({
    cases: [
      [
        'follower-stopped',
        async ({ cluster: { servers } }) => {
          for (let turn = 0; turn < 3; turn++) {
            servers[turn]?.freeze()
            await pause(2000)
            servers[turn]?.thaw()
            await pause(1500)
          }
        },
      ],
    ],
    rate: 20,
    connections: 20,
    ingress: 1,
    delivery: 2,
    say: () => undefined,
  })
  assert.ok(verdict)
  assert.deepEqual(faultsOf(verdict), [])
  assert.ok(verdict.accepted > 20, `${verdict.accepted} accepted`)
})
