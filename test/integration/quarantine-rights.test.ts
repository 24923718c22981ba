import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { accountNames, authConfig } from '@postrider/broker/accounts'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { QUARANTINE, USE_BUCKET, mailStream } from '@postrider/broker/names'
import { ensureStreams } from '@postrider/broker/streams'
import { quarantine } from '@postrider/queue/quarantine'
import type { Suspect } from '@postrider/queue/quarantine'
import { startBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'

const passwords = Object.fromEntries(accountNames(1).map((name) => [name, `password-of-${name}`]))

let server: TestBroker
let admin: Broker

const open = (user: string): Promise<Broker> =>
  openBroker(user, { servers: [server.url], user, password: passwords[user] ?? '' })
before(async () => {
  server = await startBroker({ auth: authConfig(passwords, 1) })
  admin = await open('admin')
  const layout = { shards: 1, replicas: 1, contentBackstopMs: 3.6e6, eventsMs: 3.6e6 }
  await ensureStreams(admin.nc, admin.jsm, layout)
})
after(async () => {
  await admin.close()
  await server.stop()
})

const message = (data: string): Suspect => ({
  kind: 'message',
  error: 'x',
  data: Buffer.from(data),
  origin: { stream: mailStream(0), seq: 1 },
})
const value = (data: string): Suspect => ({
  kind: 'value',
  error: 'x',
  data: Buffer.from(data),
  origin: { stream: `KV_${USE_BUCKET}`, seq: 1 },
})

test('each service may see that its record is in the quarantine already, and ingress cannot read any other', async () => {
  const count = async (): Promise<number> => (await admin.jsm.streams.info(QUARANTINE)).state.messages
  for (const [user, given, records] of [
    ['delivery', message('old'), 1],
    ['delivery', message('old'), 1],
    ['notifier', message('old'), 1],
    // The stream was made again.
    ['delivery', message('new'), 2],
    ['notifier', message('new'), 2],
    ['ingress', value('1'), 3],
    ['ingress', value('2'), 3],
  ] as const) {
    const broker = await open(user)
    await quarantine(broker, given)
    assert.equal(await count(), records)
    await broker.close()
  }
  const ingress = await open('ingress')
  for (const subject of [`quarantine.${mailStream(0)}.1`, 'quarantine.>'])
    await assert.rejects(ingress.jsm.direct.getMessage(QUARANTINE, { last_by_subj: subject }))
  await assert.rejects(ingress.jsm.direct.getMessage(QUARANTINE, { seq: 1 }))
  await ingress.close()
})
