import { mkdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { findBroker } from '../nats-server/find.ts'
import type { BrokerPlan } from '@postrider/plan/broker'
import { openBroker } from '@postrider/broker/connection'
import type { Broker, BrokerAccess } from '@postrider/broker/connection'
import { ensureStreams } from '@postrider/broker/streams'
import type { Layout } from '@postrider/broker/streams'
import { isTemporary } from '@postrider/broker/temporary'
import { UsageError } from '../usage-error.ts'
import { writeBrokerConfig } from './broker-config.ts'
import { createStartTimeout } from './start-timeout.ts'
import { outsideAccess } from './outside-broker.ts'
import type { Program, Supervised } from '../supervise.ts'

/** A nats-server on this machine. */
export interface BrokerServer {
  url: string
  program: Program
}

export interface BrokerSetup {
  /** Empty if the broker is run elsewhere (spec.broker.url). */
  servers: BrokerServer[]
  /** Servers, user and password for an account of the broker. */
  access: (account: string) => BrokerAccess
  /** Copies of each stream. */
  replicas: number
}

/** Time for a broker that is stopped to close its files. Milliseconds. */
const GRACE_MS = 40_000

/** Prepares the broker of a plan: the access to it and, if it runs on this machine, its programs. Finds or builds the nats-server binary.
 * Rejects with NoBrokerError or UsageError. */
export async function setUpBroker(state: string, plan: BrokerPlan, say: (line: string) => void): Promise<BrokerSetup> {
  if (plan.outside !== undefined)
    return { servers: [], access: outsideAccess(plan.outside, plan.shards), replicas: plan.replicas }
  const binary = await findBroker(say)
  mkdirSync(join(state, 'logs'), { recursive: true })
  const { servers, access } = await writeBrokerConfig(join(state, 'broker'), plan)
  return {
    servers: servers.map(({ name, url, configFile }) => ({
      url,
      program: {
        name,
        command: binary,
        args: ['-c', configFile],
        // Half the cores: with all of them, idle threads of the broker search for work on the cores that the services need. Measured on
        // two cores: this saves a fifth of the CPU time for a message.
        env: { GOMAXPROCS: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
        logFile: join(state, 'logs', `${name}.log`),
        graceMs: () => GRACE_MS,
      },
    })),
    access,
    replicas: plan.servers,
  }
}

/** Waits until the broker answers and JetStream is ready. Rejects with a UsageError if it does not start. */
export async function awaitBroker(
  { servers, access }: BrokerSetup,
  running: Supervised[],
  say: (line: string) => void,
): Promise<Broker> {
  const timeout = createStartTimeout(running, say)
  for (;;) {
    const broker = await openBroker('admin', access('admin')).catch(() => undefined)
    if (broker !== undefined) {
      const ready = await broker.jsm.getAccountInfo().then(
        () => true,
        () => false,
      )
      if (ready) return broker
      await broker.close()
    }
    if (running.some(({ restarts }) => restarts >= 3) || timeout.expired())
      throw new UsageError(doesNotStart(servers, access('admin')))
    await pause(50)
  }
}

function doesNotStart(servers: BrokerServer[], access: BrokerAccess): string {
  if (servers.length === 0)
    return `the broker at ${access.servers.join(', ')} does not answer, or rejects the account admin; see spec.broker`
  const logs = servers.map(({ program: { logFile } }) => {
    const end = readFileSync(logFile, 'utf8').trim().split('\n').slice(-3).join('\n')
    return `its log (${logFile}) ends with:\n${end}`
  })
  return `the broker did not start; ${logs.join('\n')}`
}

/** JetStream error "no suitable peers for placement": the servers of a new broker have not found each other yet. */
const NO_PEERS = 10_005
const ENSURE_MS = 120_000

/** Creates or updates the streams. Tries again while the servers have not found each other or streams have no leader, for ENSURE_MS. */
export async function ensureStreamsSoon({ nc, jsm }: Broker, layout: Layout): Promise<void> {
  const deadline = performance.now() + ENSURE_MS
  for (;;) {
    try {
      await ensureStreams(nc, jsm, layout)
      return
    } catch (error) {
      const early = isTemporary(error) || (error as { code?: unknown }).code === NO_PEERS
      if (!early || performance.now() > deadline) throw error
      await pause(500)
    }
  }
}
