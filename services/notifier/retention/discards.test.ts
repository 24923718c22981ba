import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { nanos } from '@nats-io/transport-node'
import { partSubject } from '@postrider/broker/names'
import { createAcceptor } from '@postrider/queue/accept'
import { eraseContent } from '@postrider/queue/content'
import { envelope } from '../../../test/support/envelope.ts'
import { createLogWriter } from '../log/apply.ts'
import { openLog } from '../log/schema.ts'
import { openDiscards } from './discards.ts'
import { startQueueBroker } from '../../../test/support/queue-broker.ts'

test('what a repeated try left is deleted, a second record not before the content of the first', async () => {
  const { server, broker } = await startQueueBroker()
  const db = openLog(':memory:')
  const failed = (id: string, error: unknown) => assert.fail(`${id}: ${String(error)}`)
  const discards = openDiscards({ db, broker, discarded: () => undefined, failed })
  const writer = createLogWriter(db)
  const left = async () => (await broker.jsm.streams.info('MAIL_0')).state.messages
  try {
    const acceptor = createAcceptor(broker, 1, { waitMs: 5000, unnamed: discards.owe })
    const of = envelope({ id: 'n1' })
    const ref = await acceptor.store(of, Buffer.alloc(3_000_000, 'a'))
    const whole = await left()
    await acceptor.store(of, Buffer.alloc(3_000_000, 'b'))
    assert.ok((await left()) > whole)
    await discards.deleteOwed()
    assert.equal(await left(), whole)

    writer.message(of, ref)
    const { config } = await broker.jsm.streams.info('MAIL_0')
    await broker.jsm.streams.update('MAIL_0', { ...config, duplicate_window: nanos(100) })
    await pause(200)
    const second = await acceptor.store(of, Buffer.alloc(3_000_000, 'c'))
    assert.notEqual(second.seq, ref.seq)
    writer.message(of, second)
    await discards.deleteOwed()
    assert.equal(await left(), 2 * whole)

    await eraseContent(broker, ref)
    writer.event({ type: 'erase', at: 1, id: 'n1', envelope: of })
    await discards.deleteOwed()
    assert.equal(await left(), 0)
  } finally {
    await broker.close()
    await server.stop()
    db.close()
  }
})

test('parts of a message that was not taken are deleted, and nothing that another message left under their numbers', async () => {
  const { server, broker } = await startQueueBroker()
  const folder = mkdtempSync(join(tmpdir(), 'postrider-discards-'))
  const db = openLog(join(folder, 'messages.sqlite'))
  try {
    const part = async (msgID: string): Promise<number> =>
      (await broker.js.publish(partSubject(0), 'octets', { msgID })).seq
    const own = [await part('given-up/0/hash'), await part('given-up/1/hash')]
    const foreign = await part('given-up-2/0/hash')
    const failures: unknown[] = []
    const discards = openDiscards({
      db,
      broker,
      discarded: () => undefined,
      failed: (id, error) => failures.push([id, error]),
    })
    const event = { type: 'discard', at: 1, id: 'given-up', stream: 'MAIL_0' } as const
    discards.onEvent({ ...event, parts: [...own, foreign] })
    // A message that fails does not delay the others.
    discards.onEvent({ ...event, id: 'a-failing-one', stream: 'NO_SUCH_STREAM', parts: [1] })
    await discards.deleteOwed()
    const { state } = await broker.jsm.streams.info('MAIL_0', { deleted_details: true })
    assert.equal(state.messages, 1)
    assert.equal((await broker.jsm.streams.getMessage('MAIL_0', { seq: foreign }))?.seq, foreign)
    assert.equal(failures.length, 1)
    await discards.deleteOwed()
    assert.equal(failures.length, 1, 'it is tried again later')
  } finally {
    await broker.close()
    await server.stop()
    db.close()
    rmSync(folder, { recursive: true })
  }
})
