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
import { createStartPatience } from './broker-patience.ts'
import { outsideAccess } from './outside-broker.ts'
import type { Program, Supervised } from '../supervise.ts'

/** A nats-server of this machine. */
export interface BrokerServer {
  url: string
  program: Program
}

export interface BrokerSetup {
  /** Empty where somebody else runs the broker. */
  servers: BrokerServer[]
  /** Access of each account. */
  access: (account: string) => BrokerAccess
  /** Copies of each stream. */
  replicas: number
}

/** It closes its files. */
const GRACE_MS = 40_000

/** What is needed to reach the broker of a plan, and to run it where it is one of this machine; finds or builds its binary.
 * Throws NoBrokerError and UsageError. */
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
        // Half the machine: with all of it the broker's idle threads look for work on the cores that the services need
        // (measured on two cores: a fifth less CPU a message).
        env: { GOMAXPROCS: String(Math.max(1, Math.floor(availableParallelism() / 2))) },
        logFile: join(state, 'logs', `${name}.log`),
        graceMs: () => GRACE_MS,
      },
    })),
    access,
    replicas: plan.servers,
  }
}

/** Waits until the broker answers with JetStream ready. Throws a UsageError when it does not start. */
export async function awaitBroker(
  { servers, access }: BrokerSetup,
  running: Supervised[],
  say: (line: string) => void,
): Promise<Broker> {
  const patience = createStartPatience(running, say)
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
    if (running.some(({ restarts }) => restarts >= 3) || patience.over())
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

/** "no suitable peers for placement": servers of a new broker that have not found each other yet. */
const NO_PEERS = 10_005
const ENSURE_MS = 120_000

/** Creates or updates the streams, once the servers have found each other and the streams have leaders. */
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
