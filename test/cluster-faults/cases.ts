import { setTimeout as pause } from 'node:timers/promises'
import { EVENTS, JOBS, mailStream } from '@postrider/broker/names'
import type { Broker } from '@postrider/broker/connection'
import type { TestCluster } from '../support/broker-cluster.ts'

export interface Surroundings {
  cluster: TestCluster
  /** Of the account admin. */
  broker: Broker
  shards: number
  say: (line: string) => void
}

/** Something that befalls the broker while mail flows; resolves when it is over. */
export type Fault = (surroundings: Surroundings) => Promise<void>

/** The load goes on for this long where nothing else says how long. Milliseconds. */
const CASE_MS = 25_000
const FOLLOWER = 2

export const CASES: Record<string, Fault> = {
  none: () => pause(CASE_MS),
  'follower-stopped': async (surroundings) => {
    const follower = await makeFollower(surroundings, FOLLOWER)
    for (let turn = 0; turn < 7; turn++) {
      follower.freeze()
      await pause(2000)
      follower.thaw()
      await pause(1500)
    }
  },
  'leader-killed': async ({ cluster, broker, say }) => {
    for (const stream of [mailStream(0), EVENTS, JOBS]) {
      await pause(3000)
      const leader = await cluster.leaderOf(broker, stream)
      if (leader === undefined) throw new Error(`${stream} has no leader`)
      say(`  ${leader.name} leads ${stream} and is killed`)
      await leader.kill()
      await pause(8000)
      await leader.start()
      await cluster.healthy()
    }
  },
  partition: async ({ cluster, say }) => {
    for (const index of [0, 1]) {
      await pause(3000)
      say(`  broker-${index} is cut off from the others for 15 s`)
      const rejoin = cluster.isolate(index)
      await pause(15_000)
      rejoin()
      await cluster.healthy()
    }
  },
  'disk-wiped': async ({ cluster }) => {
    await pause(5000)
    const server = cluster.servers[1]
    if (server === undefined) throw new Error('there is no second server')
    await server.kill()
    server.wipe()
    await pause(3000)
    await server.start()
    await cluster.healthy()
    await pause(10_000)
  },
  'rolling-restart': async ({ cluster }) => {
    for (const server of cluster.servers) {
      await pause(3000)
      await server.leave()
      await server.start()
      await cluster.healthy()
    }
  },
  'all-killed': async ({ cluster }) => {
    await pause(8000)
    await Promise.all(cluster.servers.map((server) => server.kill()))
    await pause(2000)
    await Promise.all(cluster.servers.map((server) => server.start()))
    await cluster.healthy()
    await pause(10_000)
  },
}

/** Moves the leaders of the streams away from a server. */
async function makeFollower({ cluster, broker, shards }: Surroundings, index: number) {
  const server = cluster.servers[index]
  if (server === undefined) throw new Error(`there is no server ${index}`)
  const streams = [...Array.from({ length: shards }, (_, shard) => mailStream(shard)), JOBS, EVENTS]
  for (const stream of streams) {
    for (let left = 10; left > 0 && (await cluster.leaderOf(broker, stream))?.name === server.name; left--) {
      await broker.nc.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, '', { timeout: 5000 }).catch(() => undefined)
      await pause(1000)
    }
  }
  return server
}
