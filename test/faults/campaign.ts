import { setTimeout as pause } from 'node:timers/promises'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startLoad } from './load.ts'
import type { LoadOptions } from './load.ts'
import { openAsOwner } from '../support/owner.ts'
import { deliveriesOnDisk, jobsLeft } from './queue-watch.ts'
import type { Left } from './queue-watch.ts'
import { startFaultReceiver } from './receiver.ts'
import { runRounds } from './rounds.ts'
import type { Round, RoundsOptions } from './rounds.ts'
import { judgeFaults } from './verdict.ts'
import type { Verdict } from './verdict.ts'
import { policy } from '../support/manifest.ts'
import { poll } from '../support/eventually.ts'

export interface CampaignOptions
  extends Omit<LoadOptions, 'port'>, Pick<RoundsOptions, 'count' | 'steadyMs' | 'targets'> {
  /** Least load, messages a second; what is offered is a quarter more. */
  rate: number
  delivery: number
  ingress: number
  /** Leaves the platform's folder, and says where. */
  keep: boolean
  say: (line: string) => void
}

/** A job whose worker died comes again after the broker's ack wait of 30 s; a slow remote takes a minute then. A restarted worker knows
 * no destination, and sends to each over one connection first: slow mail goes one after the other. */
const DRAIN_MS = 600_000
/** Notices are made some 250 ms after the event, and the log follows the streams. */
const LOG_MS = 10_000

/** The whole story: a platform, a load, kills, and in the end the comparison of what was promised with what arrived. */
export async function runCampaign(options: CampaignOptions): Promise<Verdict> {
  const { rate, say, keep } = options
  const receiver = await startFaultReceiver()
  const platform = await startPlatform({
    routeTo: receiver,
    relay: true,
    ingressReplicas: options.ingress,
    platform: {
      retry: { firstDelay: '1s', maxDelay: '2s', lifetime: '30m' },
      delivery: { replicas: options.delivery },
    },
    documents: [policy('slow', ['slow.test'], { host: receiver.host, port: receiver.slowPort }, { connections: 500 })],
  })
  try {
    const load = startLoad({ ...options, port: platform.ports.relay, rate: rate * 1.25 })
    await pause(2000)
    const told = ({ number, killed, recoveryMs }: Round): void =>
      say(`  round ${number}: ${killed.join('+')} killed, back after ${recoveryMs} ms`)
    const rounds = await runRounds({ ...options, platform, load, receiver, told })
    await pause(1000)
    await load.stop()
    say('  the load ends; waiting until the queue is empty')
    const broker = await openAsOwner(platform.state, platform.ports.broker)
    const left = await drained(() => jobsLeft(broker))
    const unsettled = await settled(platform)
    // What was sent last may still be on its way from the receiver's process.
    await pause(200)
    const onDisk = await deliveriesOnDisk(broker)
    await broker.close()
    const { transactions } = receiver
    return judgeFaults({
      rounds,
      offered: load.offered,
      transactions,
      onDisk,
      jobsLeft: left,
      unsettled,
      rateWanted: rate,
    })
  } finally {
    await platform.stop()
    receiver.close()
    if (keep) say(`  kept: ${platform.state}`)
    else platform.remove()
  }
}

/** Empty twice in a row, since what is settled may leave a notice to be sent. */
async function drained(left: () => Promise<Left[]>): Promise<Left[]> {
  let quiet = 0
  const isQuiet = (jobs: Left[]): boolean => (quiet = jobs.length === 0 ? quiet + 1 : 0) === 4
  return poll(left, isQuiet, { withinMs: DRAIN_MS, everyMs: 500 })
}

async function settled(platform: TestPlatform): Promise<number> {
  const open = async (): Promise<number> => {
    const { count } = await platform.queue('--limit', '1')
    return count.queued + count.deferred
  }
  return poll(open, (count) => count === 0, { withinMs: LOG_MS, everyMs: 500 })
}
