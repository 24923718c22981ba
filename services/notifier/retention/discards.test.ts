import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { partSubject } from '@postrider/broker/names'
import { openLog } from '../log/schema.ts'
import { openDiscards } from './discards.ts'
import { startQueueBroker } from '../../../test/support/queue-broker.ts'

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
