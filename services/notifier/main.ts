import { getPriority, setPriority } from 'node:os'
import { watchClock } from '@postrider/clock/clock'
import { openBroker } from '@postrider/broker/connection'
import { createAcceptor } from '@postrider/queue/accept'
import type { QueueEvent } from '@postrider/queue/event'
import { mailPlace, shardOf } from '@postrider/queue/place'
import { NOTIFIER } from '@postrider/contract/notifier'
import { REPUTATION_BUCKET } from '@postrider/broker/names'
import { createEventLog } from '@postrider/queue/publish-events'
import { createKeyring } from '@postrider/runtime-config/keyring'
import { reportConfig } from '@postrider/runtime-config/report'
import { readPlatformKey } from '@postrider/secrets/seal'
import { signPlatformMail } from '@postrider/runtime-config/signing'
import { watchConfig } from '@postrider/runtime-config/store'
import { runService } from '@postrider/service/service'
import { loggedTrouble } from '@postrider/service/trouble'
import { DAY_MS } from '@postrider/time/day'
import { answerQuestions } from './log/answer.ts'
import { answerCancellations } from './log/cancel.ts'
import { createLogWriter } from './log/apply.ts'
import { createCompleteAsOf } from './log/complete-as-of.ts'
import { startFeed } from './log/feed.ts'
import { lastRecord } from './log/progress.ts'
import { createLogReader } from './log/read.ts'
import { openLog } from './log/schema.ts'
import { openSkipped } from './log/skipped.ts'
import type { SkippedRecord } from './log/skipped.ts'
import { createMetrics } from './metrics.ts'
import { noticeId, noticesFor } from './notice/decide.ts'
import { oweDelayedNotices } from './notice/delayed.ts'
import { createOutbox } from './notice/outbox.ts'
import { answerQuarantine } from './quarantine/answer.ts'
import { createQuarantineDecisions } from './quarantine/decide.ts'
import { createSkippedReader, quarantineSkipped } from './quarantine/skips.ts'
import { quarantineBadEntries, quarantineValue } from './quarantine/values.ts'
import { watchQuarantine } from './quarantine/watch.ts'
import { answerReview } from './review/answer.ts'
import { expiredNotice } from './review/expired-notice.ts'
import { createHeldLog } from './review/held-log.ts'
import { heldMail } from './review/held-mail.ts'
import { createReview } from './review/review.ts'
import { startReputation } from './reputation/start.ts'
import { openDiscards } from './retention/discards.ts'
import { createRetention, forgetPlaceholders } from './retention/erase.ts'
import { startPeriodicTasks } from './periodic-tasks.ts'
import type { Tasks } from './periodic-tasks.ts'

/** Pause between two rounds of the periodic tasks. Milliseconds. */
const TASKS_EVERY_MS = 250
/** How long messages are held for review if the configuration is of an earlier release, which does not say so. Milliseconds. */
const DEFAULT_HELD_MS = 7 * DAY_MS
const NICENESS = 10

// The log, notices and retention can wait when the machine is busy; accepting and delivering mail cannot.
// A process that is nicer already stays as it is: only root may lower its niceness.
if (getPriority() < NICENESS) setPriority(NICENESS)

await runService('notifier', NOTIFIER, async ({ settings, log, registry, needs, onStop }) => {
  const broker = await openBroker('notifier', settings.broker)
  onStop(() => broker.close())
  needs(() => (broker.connected ? undefined : 'the broker cannot be reached'))
  const clock = await watchClock(broker, registry)
  onStop(() => clock.stop())
  const config = await watchConfig(broker, quarantineBadEntries(broker, reportConfig(registry, log)))
  const { shards, platformKeyFile } = settings
  const db = openLog(settings.logFile)
  onStop(() => db.close())
  const writer = createLogWriter(db)
  const reader = createLogReader(db)

  const held = createHeldLog(db)

  const discards = openDiscards({
    db,
    broker,
    discarded: (id, parts) => log.info({ event: 'parts-discarded', id, parts }),
    failed: (id, error) => log.error({ event: 'discard-failed', id, err: error }),
  })

  const onEvent = (event: QueueEvent): void => {
    discards.onEvent(event)
    if (event.type === 'review' && event.decision === 'expired') {
      const notice = expiredNotice(event)
      const id = noticeId('failed', event.id, 'review')
      if (notice !== undefined && !reader.known(id)) writer.queueNotice(id, event.id, notice)
    }
    if (event.type !== 'attempt') return
    const envelope = reader.message(event.id)?.envelope
    if (envelope === undefined) return
    const notifiesDelivered = config.current.domains.get(envelope.domain)?.notifyDelivered ?? false
    for (const notice of noticesFor(event, envelope, notifiesDelivered, clock.now())) {
      const id = noticeId(notice.kind, event.id, `${event.part}/${event.attempt}`)
      if (!reader.known(id)) writer.queueNotice(id, event.id, notice)
    }
  }
  const onError = (error: unknown): void => {
    log.fatal({ event: 'log-feed-failed', err: error })
    process.exit(1)
  }
  const questionFailed = (error: unknown): void => log.error({ event: 'question-failed', err: error })
  const reputation = await startReputation({
    broker,
    db,
    reader,
    writer,
    config: () => config.current,
    registry,
    log,
    now: clock.now,
    bad: (revision, error) => quarantineValue(broker, REPUTATION_BUCKET, revision, error),
  })
  onStop(() => reputation.stop())
  const entries = { broker, writer, reader, held, beforeEvent: reputation.onEvent, onEvent }
  const skipped = openSkipped(db)
  const feed = startFeed({
    ...entries,
    shards,
    skipped,
    troubleOf: (what) => loggedTrouble(log, `feed-${what}`),
    onError,
  })
  onStop(() => feed.stop())
  needs(() => (feed.caughtUp ? undefined : `the message log is catching up, ${feed.lag} records to go`))
  const quarantine = watchQuarantine(broker)
  const metrics = createMetrics(registry, { quarantine, reader, held, lag: () => feed.lag, now: clock.now })
  answerQuestions(broker, reader, held, clock.now, questionFailed)

  const keysOf = platformKeyFile === undefined ? () => [] : createKeyring(readPlatformKey(platformKeyFile))
  const sign = (content: Buffer, from: string, now: number): Promise<Buffer> =>
    signPlatformMail(content, from, { domains: config.current.domains, keysOf }, now)
  const acceptor = createAcceptor(broker, shards, { waitMs: 5000, unnamed: discards.owe })
  const events = createEventLog(broker, 'notifier')
  answerCancellations({ broker, events, reader, writer, now: clock.now, onError: questionFailed })
  const platform = () => config.current.platform
  const completeAsOf = createCompleteAsOf({
    placeOf: (id) => mailPlace(shardOf(id, shards)),
    lastOf: (stream, subject) => lastRecord(broker, stream, subject),
    readOf: (stream) => reader.position(stream) - 1,
  })
  const review = createReview({
    mail: heldMail(broker, shards, discards.owe),
    events,
    reader,
    writer,
    held,
    clock,
    ready: () => feed.caughtUp && broker.connected,
    completeAsOf,
    failed: (id, error) => log.error({ event: 'review-failed', id, err: error }),
    decided: (event) => {
      // The notice must be in the outbox before the content that it returns can be erased.
      onEvent(event)
      const { decision, id, why } = event
      log.info({ event: 'review', decision, id, reason: why.reason })
    },
  })
  answerReview(broker, held, review, (error) => log.error({ event: 'review-failed', err: error }))
  const sent = (kind: string, of: string, id: string): void => {
    metrics.notices.inc({ kind })
    log.info({ event: 'notice', kind, of, id })
  }
  const erased = (id: string, ageMs: number): void => {
    metrics.erased.inc()
    log.info({ event: 'content-erased', id, ageMs })
  }
  const decisions = createQuarantineDecisions({
    ...entries,
    events,
    now: clock.now,
    decided: (decision, number, note) =>
      log.info({ event: 'quarantine', decision, number, ...note, headers: undefined }),
  })
  answerQuarantine(broker, decisions, (error) => log.error({ event: 'quarantine-failed', err: error }))
  const skips = {
    ...entries,
    skipped,
    quarantined: ({ stream, seq, reason }: SkippedRecord) => log.error({ event: 'quarantined', stream, seq, reason }),
  }
  const readSkipped = createSkippedReader(skips)
  const outbox = createOutbox({
    broker,
    acceptor,
    reader,
    writer,
    held,
    completeAsOf,
    platform,
    sent,
    sign,
    failed: (id, tries, error) => log.error({ event: 'notice-failed', id, tries, err: error }),
  })
  const erase = createRetention({
    broker,
    events,
    reader,
    writer,
    config: () => config.current,
    erased,
    failed: (id, error) => log.error({ event: 'erase-failed', id, err: error }),
  })
  const quarantineTasks = (): Tasks => ({
    'count-quarantine': () => quarantine.refresh(),
    'quarantine-skipped': () => quarantineSkipped(skips),
    'read-skipped': () => readSkipped(),
  })
  const tasks = (): Tasks => {
    if (!broker.connected) return {}
    // Until the log is complete, it is unknown what was already sent or erased.
    if (!feed.caughtUp) return quarantineTasks()
    const now = clock.now()
    // Tasks that cannot be undone wait until the time is certain (lib/clock).
    const certain = clock.certain()
    return {
      ...quarantineTasks(),
      reputation: () => reputation.update(now),
      notices: () => outbox.send(now),
      discards: () => discards.deleteOwed(),
      review: () => review.runPending(platform().heldMs ?? DEFAULT_HELD_MS),
      ...(certain === undefined
        ? {}
        : {
            'delay-notices': () => oweDelayedNotices(reader, writer, platform(), certain),
            retention: () => erase(certain),
            placeholders: () => forgetPlaceholders(writer, config.current, certain),
            'held-placeholders': () => held.forget(certain - platform().placeholderMs),
          }),
    }
  }
  onStop(
    startPeriodicTasks({
      everyMs: TASKS_EVERY_MS,
      tasks,
      failed: (task, error) => log.error({ event: 'task-failed', task, err: error }),
    }),
  )
})
