import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Broker } from '@postrider/broker/connection'
import type { QueueEvent, VerdictEvent } from '@postrider/queue/event'
import { EVENTS } from '@postrider/broker/names'
import { BadRecordError, NewerRecordError } from '@postrider/broker/stored'
import type { TestBroker } from '../../../test/support/broker.ts'
import { createLogWriter } from '../log/apply.ts'
import { createLogReader } from '../log/read.ts'
import { openLog } from '../log/schema.ts'
import { openSkipped } from '../log/skipped.ts'
import { createHeldLog } from '../review/held-log.ts'
import { openOutcomes } from '../reputation/outcomes.ts'
import { RecordGoneError, createSkippedReader, replay } from './skips.ts'
import { startQueueBroker } from '../../../test/support/queue-broker.ts'

let server: TestBroker
let broker: Broker

before(async () => {
  ;({ server, broker } = await startQueueBroker())
})
after(async () => {
  await broker.close()
  await server.stop()
})

const verdict: VerdictEvent = {
  type: 'verdict',
  at: 1,
  id: 'a',
  domain: 'sender.test',
  credential: 'app@sender.test',
  scanner: 'rspamd',
  outcome: 'spam',
  action: 'reject',
  reason: 'spam',
}

function dependencies(t: { after: (run: () => void) => void }) {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-skips-'))
  const db = openLog(join(folder, 'messages.sqlite'))
  t.after(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })
  const seen: QueueEvent[] = []
  return {
    seen,
    broker,
    writer: createLogWriter(db),
    reader: createLogReader(db),
    held: createHeldLog(db),
    skipped: openSkipped(db),
    outcomes: openOutcomes(db),
    quarantined: () => undefined,
    onEvent: (event: QueueEvent) => void seen.push(event),
  }
}

async function publish(...events: object[]): Promise<number> {
  return (await broker.js.publish('event.delivery', JSON.stringify(events))).seq
}

test('a record with an event of a later release is not written again, even if it contains a bad event as well', async (t) => {
  const options = dependencies(t)
  for (const events of [
    [verdict, { ...verdict, v: 2 }],
    [verdict, { type: 'garbage' }, { ...verdict, v: 2 }],
  ]) {
    const seq = await publish(...events)
    await assert.rejects(replay(EVENTS, seq, options), NewerRecordError)
    options.skipped.add(EVENTS, seq, new NewerRecordError('an event', 2))
  }
  const read = createSkippedReader(options)
  await read()
  await read()
  assert.deepEqual(options.seen, [])
  assert.equal(options.skipped.list(true, 10).length, 2)
})

test('a record that can be read is written once, and one that was deleted is forgotten', async (t) => {
  const options = dependencies(t)
  const [readable, gone] = [await publish(verdict), await publish(verdict)]
  await broker.jsm.streams.deleteMessage(EVENTS, gone)
  await assert.rejects(replay(EVENTS, gone, options), RecordGoneError)
  for (const seq of [readable, gone]) options.skipped.add(EVENTS, seq, new NewerRecordError('an event', 2))
  const read = createSkippedReader(options)
  await read()
  await read()
  assert.deepEqual(options.seen, [verdict])
  assert.deepEqual(options.skipped.list(true, 10), [])
})

test('a verdict beside a bad event counts once, however often an administrator retries the record', async (t) => {
  const { outcomes, ...options } = dependencies(t)
  const beforeEvent = (event: QueueEvent) => {
    if (event.type === 'verdict') outcomes.noteVerdict(event)
  }
  const seq = await publish(verdict, { type: 'attempt' })
  for (let tries = 0; tries < 3; tries++)
    await assert.rejects(replay(EVENTS, seq, { ...options, beforeEvent }), BadRecordError)
  assert.deepEqual(outcomes.bucketsOf('domain/sender.test', verdict.at), [[0, 1, 0, 1]])
})
