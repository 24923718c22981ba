import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { CODES_A_MAILBOX, CODES_A_NAMESPACE } from '@postrider/sender-verification/allowance'
import { newCodeID } from '@postrider/sender-verification/code'
import { postCode } from '@postrider/sender-verification/post'
import { NotStoredError } from '@postrider/queue/accept'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { allowCode } from '@postrider/sender-verification/code-allowance'
import { mailStream } from '@postrider/broker/names'
import { ensureStreams } from '@postrider/broker/streams'
import { startBroker } from '../support/broker.ts'
import type { TestBroker } from '../support/broker.ts'
import { eventually } from '../support/eventually.ts'

const DAY_MS = 86_400_000
let server: TestBroker
let brokers: Broker[]

before(async () => {
  server = await startBroker()
  const open = () => openBroker('test', { servers: [server.url], user: 'test', password: 'test' })
  brokers = [await open(), await open()]
  const [{ nc, jsm }] = brokers as [Broker]
  await ensureStreams(nc, jsm, { shards: 1, replicas: 1, contentBackstopMs: 3.6e6, eventsMs: 3.6e6 })
})
after(async () => {
  for (const broker of brokers) await broker.close()
  await server.stop()
})
const first = (): Broker => brokers[0] as Broker

test('of forty that ask at once, over two connections, three are let through to a mailbox', async () => {
  const now = Date.now()
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, count) =>
      allowCode(brokers[count % 2] as Broker, {
        id: `at-once-${count}`,
        address: `boss+${count}@gmail.test`,
        namespace: `tenant-${count}`,
        now,
      }),
    ),
  )
  assert.equal(answers.filter((until) => until === undefined).length, CODES_A_MAILBOX)
  for (const until of answers.filter((until) => until !== undefined)) assert.equal(until, now + DAY_MS)
  const later = { id: 'later', address: 'boss@gmail.test', namespace: 'tenant-0', now: now + DAY_MS }
  assert.equal(await allowCode(first(), later), undefined)
})

test('a namespace over its own limit uses up no mailbox, and one that is counted may be sent again', async () => {
  const now = Date.now()
  const ask = (id: string, address: string, namespace: string) => allowCode(first(), { id, address, namespace, now })
  for (let count = 0; count < CODES_A_NAMESPACE; count++)
    assert.equal(await ask(`many-${count}`, `many-${count}@gmail.test`, 'greedy'), undefined)
  for (let count = 0; count < 5; count++)
    assert.equal(await ask(`over-${count}`, 'victim@gmail.test', 'greedy'), now + DAY_MS)
  for (let count = 0; count < CODES_A_MAILBOX; count++) {
    assert.equal(await ask(`own-${count}`, 'victim@gmail.test', 'modest'), undefined)
    assert.equal(await ask(`own-${count}`, 'victim@gmail.test', 'modest'), undefined)
  }
  for (let count = 0; count < 5; count++)
    assert.equal(await ask(`held-${count}`, 'victim@gmail.test', 'patient'), now + DAY_MS)
  // What a mailbox did not get is not counted of the namespace either.
  for (let count = 0; count < CODES_A_NAMESPACE; count++)
    assert.equal(await ask(`free-${count}`, `free-${count}@gmail.test`, 'patient'), undefined)
})

test('the same code is one mail, whoever sends it again; without a broker it waits', async () => {
  const key = randomBytes(32)
  const code = {
    claim: { owner: 'uid', domainName: 'example.test', address: 'Once@Gmail.TEST' },
    namespace: 'shop',
    id: newCodeID(Date.now()),
  }
  const sign = (content: Buffer): Promise<Buffer> => Promise.resolve(content)
  const from = { hostName: 'mail.platform.test', from: 'MAILER-DAEMON@mail.platform.test', sign }
  const post = (broker: Broker) => postCode(broker, key, from, code, Date.now())
  const [one, other] = await Promise.all([post(first()), post(brokers[1] as Broker)])
  assert.ok('messageID' in one)
  assert.deepEqual(other, one)
  const { state } = await first().jsm.streams.info(mailStream(0))
  assert.equal(state.messages, 1)

  const restarted = server.restart(1000)
  await eventually(() => {
    assert.equal(first().connected, false)
  })
  await assert.rejects(post(first()), NotStoredError)
  await restarted
  await eventually(async () => assert.deepEqual(await post(first()), one), 30_000)
})
