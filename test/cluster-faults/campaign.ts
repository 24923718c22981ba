import { setTimeout as pause } from 'node:timers/promises'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { DELIVERY_CONSUMER, JOBS, mailStream } from '@postrider/broker/names'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'
import { startFaultReceiver } from '../faults/receiver.ts'
import { startCluster } from '../support/broker-cluster.ts'
import type { TestCluster } from '../support/broker-cluster.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import type { Fault } from './cases.ts'
import { outcomesSince } from './evidence.ts'
import { startLoad } from './load.ts'
import { judgeCase } from './verdict.ts'
import type { CaseVerdict } from './verdict.ts'
import { poll } from '../support/eventually.ts'

export interface ClusterCampaignOptions {
  cases: [name: string, fault: Fault][]
  /** Messages a second. */
  rate: number
  connections: number
  ingress: number
  delivery: number
  /** Leaves the folders. */
  keep?: boolean
  say: (line: string) => void
}

const SHARDS = 2
/** A job whose worker was cut off comes again after the broker's ack wait of 30 s; then its retries, and the notices. */
const DRAIN_MS = 240_000
const NOTICES_MS = 30_000

/** A platform on a broker of three servers, and one fault after the other under load; each case ends with an empty queue. */
export async function runClusterCampaign(options: ClusterCampaignOptions): Promise<CaseVerdict[]> {
  const { say, keep } = options
  const cluster = await startCluster({ shards: SHARDS })
  const receiver = await startFaultReceiver()
  let platform: TestPlatform | undefined
  const broker = await openBroker('admin', cluster.access('admin'))
  try {
    platform = await startPlatform({
      routeTo: receiver,
      relay: true,
      ingressReplicas: options.ingress,
      broker: outside(cluster),
      platform: {
        delivery: { replicas: options.delivery },
        retry: { firstDelay: '1s', maxDelay: '5s', lifetime: '30m' },
      },
    })
    const verdicts: CaseVerdict[] = []
    let seq = 1
    for (const [name, fault] of options.cases) {
      say(`${name}: ${options.rate} messages a second`)
      const [transactionsBefore, ambiguousBefore] = [receiver.transactions.length, await ambiguousOf(platform, options)]
      const startedAt = performance.now()
      const load = startLoad({ ...options, name, port: platform.ports.relay })
      await pause(2000)
      await fault({ cluster, broker, shards: SHARDS, say })
      await load.stop()
      const endedAt = performance.now()
      const left = await drained(broker)
      const drainedMs = performance.now() - endedAt
      const { outcomes, next } = await outcomesSince(broker, seq)
      seq = next
      const ambiguous = (await ambiguousOf(platform, options)) - ambiguousBefore
      const judge = (): CaseVerdict =>
        judgeCase({
          name,
          loadMs: endedAt - startedAt,
          offered: load.offered,
          transactions: receiver.transactions.slice(transactionsBefore),
          outcomes,
          ambiguous,
          jobsLeft: left,
          drainedMs,
        })
      verdicts.push(await noticesArrived(judge))
      const refusals = Map.groupBy(
        load.offered.filter(({ refused }) => refused),
        ({ refused = '' }) => refused.slice(0, 60),
      )
      for (const [reply, group] of refusals) say(`  ${group.length} answered ${reply}`)
    }
    return verdicts
  } finally {
    await platform?.stop()
    await broker.close()
    receiver.close()
    if (keep === true) say(`kept: ${platform?.state ?? ''} ${cluster.folder}`)
    else platform?.remove()
    await cluster.stop({ keep: keep === true })
  }
}

const outside = ({ servers, passwordsFile, caFile }: TestCluster) => ({
  url: servers.map(({ url }) => url).join(','),
  passwordsFile,
  caFile,
  replicas: 3,
  shards: SHARDS,
})

/** The queue is empty before the last notice is in it: judged when all are there, or the time for them is over. */
async function noticesArrived(judge: () => CaseVerdict): Promise<CaseVerdict> {
  return poll(judge, ({ noticesMissing }) => noticesMissing.length === 0, { withinMs: NOTICES_MS, everyMs: 500 })
}

/** Resolves with the jobs left, when the queue has been empty for two seconds or the time is over. */
async function drained(broker: Broker): Promise<number> {
  let quiet = 0
  const isQuiet = (jobs: number): boolean => (quiet = jobs === 0 ? quiet + 1 : 0) === 4
  return poll(() => jobsLeft(broker).catch(() => Infinity), isQuiet, { withinMs: DRAIN_MS, everyMs: 500 })
}

/** Jobs that wait, are held by a worker, or are due. */
async function jobsLeft({ jsm }: Broker): Promise<number> {
  const streams = [...Array.from({ length: SHARDS }, (_, shard) => mailStream(shard)), JOBS]
  const infos = await Promise.all(streams.map((stream) => jsm.consumers.info(stream, DELIVERY_CONSUMER)))
  const waiting = (await jsm.streams.info(JOBS)).state.messages
  return infos.reduce((sum, info) => sum + info.num_pending + info.num_ack_pending, waiting)
}

/** Over all delivery processes. */
async function ambiguousOf({ ports }: TestPlatform, { delivery }: ClusterCampaignOptions): Promise<number> {
  let sum = 0
  for (let index = 0; index < delivery; index++) {
    const text = await fetch(`http://127.0.0.1:${ports.telemetry + TELEMETRY_OFFSETS.delivery + index}/metrics`).then(
      (answer) => answer.text(),
    )
    sum += Number(/^postrider_ambiguous_transactions_total (\d+)/m.exec(text)?.[1] ?? 0)
  }
  return sum
}
