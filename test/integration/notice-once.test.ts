import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { nanos } from '@nats-io/transport-node'
import { NotStoredError, createAcceptor } from '@postrider/queue/accept'
import type { Acceptor } from '@postrider/queue/accept'
import { mailPlace } from '@postrider/queue/place'
import { createLogWriter } from '../../services/notifier/log/apply.ts'
import { createCompleteAsOf } from '../../services/notifier/log/complete-as-of.ts'
import { startFeed } from '../../services/notifier/log/feed.ts'
import { lastRecord } from '../../services/notifier/log/progress.ts'
import { createLogReader } from '../../services/notifier/log/read.ts'
import { openLog } from '../../services/notifier/log/schema.ts'
import { openSkipped } from '../../services/notifier/log/skipped.ts'
import { createOutbox } from '../../services/notifier/notice/outbox.ts'
import { createHeldLog } from '../../services/notifier/review/held-log.ts'
import { envelope } from '../support/envelope.ts'
import { eventually } from '../support/eventually.ts'
import { startQueueBroker } from '../support/queue-broker.ts'
import { platformConfig } from '../support/runtime-config.ts'
import { noTrouble } from '../support/trouble.ts'

/** The duplicate window of the broker here, which has two minutes otherwise. Milliseconds. */
const WINDOW_MS = 200

test('a notice whose confirmation was lost is stored once, even after the broker has forgotten its id', async () => {
  const { server, broker } = await startQueueBroker()
  const db = openLog(':memory:')
  const { stream, recordSubject } = mailPlace(0)
  const { config } = await broker.jsm.streams.info(stream)
  await broker.jsm.streams.update(stream, { ...config, duplicate_window: nanos(WINDOW_MS) })
  const [writer, reader, held] = [createLogWriter(db), createLogReader(db), createHeldLog(db)]
  const acceptor = createAcceptor(broker, 1, { waitMs: 5000 })
  const confirmations = { lost: true }
  const lossy: Acceptor = {
    async store(of, content) {
      const ref = await acceptor.store(of, content)
      if (confirmations.lost) throw new NotStoredError(1, {})
      return ref
    },
  }
  const failed: string[] = []
  const outbox = createOutbox({
    broker,
    acceptor: lossy,
    reader,
    writer,
    held,
    completeAsOf: createCompleteAsOf({
      placeOf: () => mailPlace(0),
      lastOf: (of, subject) => lastRecord(broker, of, subject),
      readOf: (of) => reader.position(of) - 1,
      freshMs: WINDOW_MS / 2,
      patienceMs: 0,
    }),
    platform: () => platformConfig(),
    sent: () => undefined,
    sign: (content) => Promise.resolve(content),
    failed: (_, __, error) => failed.push(String(error)),
  })
  const records = async () => (await broker.jsm.streams.info(stream, { subjects_filter: '>' })).state.subjects
  writer.message(envelope({ id: 'm1', from: 'sam@sender.test' }), null)
  writer.queueNotice('n1', 'm1', { kind: 'failed', of: 'm1', outcomes: [] })
  await outbox.send(1)
  assert.deepEqual(await records(), { [recordSubject]: 1 })

  // The connection is back, the first delay of the outbox is over, and the log has not read the notice yet.
  confirmations.lost = false
  await pause(1100)
  await outbox.send(1)
  assert.deepEqual(await records(), { [recordSubject]: 1 })
  assert.equal(failed.length, 2)

  const onError = (error: unknown) => assert.fail(String(error))
  const skipped = openSkipped(db)
  const feed = startFeed({
    ...{ broker, writer, reader, held, skipped },
    ...{ shards: 1, onEvent: () => undefined, troubleOf: () => noTrouble, onError },
  })
  try {
    await eventually(async () => {
      await outbox.send(1)
      assert.deepEqual(reader.outbox('', 1), [])
    })
    assert.deepEqual(await records(), { [recordSubject]: 1 })
  } finally {
    await feed.stop()
    await broker.close()
    await server.stop()
    db.close()
  }
})
