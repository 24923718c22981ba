import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import type { Broker } from '@postrider/broker/connection'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { createLogWriter } from '../log/apply.ts'
import { createLogReader } from '../log/read.ts'
import { openLog } from '../log/schema.ts'
import { createRetention } from './erase.ts'

test('content of a domain whose settings cannot be read is kept; content of an undeclared domain is deleted after the default retention', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-erase-'))
  const db = openLog(join(folder, 'messages.sqlite'))
  try {
    const [writer, reader] = [createLogWriter(db), createLogReader(db)]
    const erased: string[] = []
    for (const id of ['unreadable', 'gone']) {
      const address = 'kim@remote.test'
      const envelope = { id, domain: `${id}.test`, acceptedAt: 0, recipients: [{ address }] } as unknown as Envelope
      writer.message(envelope, null)
      writer.event({
        type: 'cancel',
        at: 1,
        id,
        part: 0,
        destination: 'remote.test',
        content: { stream: 'MAIL_0', seq: 1, parts: [] },
        recipients: [address],
      })
    }
    const erase = createRetention({
      // Not used, because the messages have no content.
      broker: {} as Broker,
      events: { append: () => Promise.resolve() },
      reader,
      writer,
      config: () =>
        ({ domains: new Map(), unreadableDomains: new Set(['unreadable.test']) }) as unknown as RuntimeConfig,
      erased: (id) => void erased.push(id),
      failed: (_, error) => assert.fail(String(error)),
    })
    await erase(1e12)
    assert.deepEqual(erased, ['gone'])
  } finally {
    db.close()
    rmSync(folder, { recursive: true })
  }
})
