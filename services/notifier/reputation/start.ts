import type { DatabaseSync } from 'node:sqlite'
import type { Broker } from '@postrider/broker/connection'
import type { QueueEvent } from '@postrider/queue/event'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { watchReputations } from '@postrider/reputation/watch'
import type { Logger } from '@postrider/service/log'
import { loggedTrouble } from '@postrider/service/trouble'
import type { Registry } from 'prom-client'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'
import { accountsOf } from './accounts.ts'
import { answerReputation } from './answer.ts'
import { createReputationKeeper } from './keeper.ts'
import { createReputationMetrics } from './metrics.ts'
import { openOutcomes } from './outcomes.ts'
import { createOweNotices } from './owe-notices.ts'
import { reputationStore } from './store.ts'

export interface ReputationOptions {
  broker: Broker
  db: DatabaseSync
  reader: LogReader
  writer: LogWriter
  config: () => RuntimeConfig
  registry: Registry
  log: Logger
  /** Called when a stored reputation cannot be read. */
  bad: (revision: number, error: unknown) => void
  now: () => number
}

export interface ReputationWork {
  /** Must be called for each event, before it is written to the log. */
  onEvent(event: QueueEvent): void
  /** Updates reputations, and queues notices about suspensions. Must only be called when the log is complete. */
  update(now: number): Promise<void>
  stop(): void
}

/** Starts to derive reputations from outcomes. Accounts that send unwanted mail are suspended and notified. */
export async function startReputation(options: ReputationOptions): Promise<ReputationWork> {
  const { broker, db, reader, writer, config, registry, log, now } = options
  const outcomes = openOutcomes(db)
  const bad = (account: string, revision: number, error: unknown): void => {
    log.error({ event: 'reputation-invalid', account, err: error })
    options.bad(revision, error)
  }
  const reputations = await watchReputations(broker, bad, loggedTrouble(log, 'reputation-watch'))
  const metrics = createReputationMetrics(registry, reputations)
  const keeper = createReputationKeeper({
    store: reputationStore(broker),
    reputations,
    outcomes,
    config,
    changed({ account }, reputation, before) {
      const { suspended, tier } = reputation
      if (suspended !== undefined) {
        metrics.suspensions.inc({ reason: suspended.reason })
        log.warn({ event: 'suspended', account, ...suspended })
      } else if (before?.suspended !== undefined) log.info({ event: 'resumed', account })
      if (before !== undefined && before.tier !== tier)
        log.info({ event: 'tier', account, from: before.tier, to: tier })
    },
  })
  answerReputation(broker, reputations, keeper, now, (error) => log.error({ event: 'question-failed', err: error }))

  const oweNotices = createOweNotices({ reader, writer, reputations, accounts: () => accountsOf(config()) })

  return {
    onEvent(event) {
      if (event.type === 'verdict') {
        outcomes.noteVerdict(event)
        return
      }
      if (event.type !== 'attempt') return
      const envelope = reader.message(event.id)?.envelope
      if (envelope !== undefined) outcomes.noteAttempt(event, envelope)
    },
    async update(now) {
      await keeper.update(now)
      if ([...reputations.all().values()].some(({ suspended }) => suspended !== undefined)) oweNotices(now)
    },
    stop: () => reputations.stop(),
  }
}
