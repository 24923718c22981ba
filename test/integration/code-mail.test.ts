import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { nanos } from '@nats-io/transport-node'
import { CODES_A_MAILBOX, CODES_A_NAMESPACE } from '@postrider/sender-verification/allowance'
import type { Claim } from '@postrider/sender-verification/claim'
import { newCodeID } from '@postrider/sender-verification/code'
import { postCode } from '@postrider/sender-verification/post'
import { SentCodes } from '@postrider/sender-verification/sent-codes'
import type { Verification } from '@postrider/sender-verification/verification'
import { verifySender } from '@postrider/sender-verification/verify'
import { NotStoredError } from '@postrider/queue/accept'
import { attemptKey } from '@postrider/queue/job'
import { createEventLog } from '@postrider/queue/publish-events'
import { createSettled } from '@postrider/queue/settled'
import { takeJobs } from '@postrider/queue/take'
import type { Taken } from '@postrider/queue/take'
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
const sign = (content: Buffer): Promise<Buffer> => Promise.resolve(content)
const platform = { hostName: 'mail.platform.test', from: 'MAILER-DAEMON@mail.platform.test', sign }

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
  const post = (broker: Broker) => postCode(broker, key, platform, code, Date.now())
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

/** Empties the queue, and has the broker recognize a repeated mail for a moment only. */
async function forgetful(): Promise<void> {
  const { config } = await first().jsm.streams.info(mailStream(0))
  await first().jsm.streams.purge(mailStream(0))
  await first().jsm.streams.update(mailStream(0), { ...config, duplicate_window: nanos(100) })
}

test('a code is mailed once while its status cannot be written, however long that is', async () => {
  await forgetful()
  const sent = new SentCodes()
  const key = randomBytes(32)
  const claim: Claim = { owner: 'uid-status', domainName: 'example.test', address: 'status@gmail.test' }
  const kept: Verification[] = []
  let writable = 1
  const step = (now: number) =>
    verifySender(
      key,
      { namespace: 'status', wish: { claim }, before: kept.at(-1) },
      {
        keep(known) {
          if (writable-- <= 0) return Promise.reject(new Error('the API server is away'))
          kept.push(known)
          return Promise.resolve()
        },
        mailer: { broker: first(), sender: platform },
        sent,
        now: () => now,
      },
    )
  const now = Date.now()
  for (const minutes of [0, 3, 20]) {
    await assert.rejects(step(now + minutes * 60_000), /API server/)
    await pause(300)
  }
  writable = 2
  assert.equal((await step(now + 21 * 60_000)).verdict.reason, 'CodeSent')
  assert.equal(kept.at(-1)?.codeID, kept.at(0)?.pendingID)
  const { state } = await first().jsm.streams.info(mailStream(0))
  assert.equal(state.messages, 1)
})

test('the mail with a code that is in the queue twice, because the broker forgot its id, is known to be sent by any worker', async () => {
  await forgetful()
  const claim: Claim = { owner: 'uid-twice', domainName: 'example.test', address: 'twice@gmail.test' }
  const code = { claim, namespace: 'twice', id: newCodeID(Date.now()) }
  const key = randomBytes(32)
  const post = () => postCode(first(), key, platform, code, Date.now())
  const taken: Taken[] = []
  const handle = (job: Taken): Promise<void> => {
    taken.push(job)
    return Promise.resolve()
  }
  const taker = takeJobs(first(), { shards: 1, capacity: 10, handle, onError: () => undefined })
  await post()
  await eventually(() => assert.equal(taken.length, 1))
  const { envelope, part, attempt, destination, content } = (taken[0] as Taken).job
  await createEventLog(first(), 'delivery').append({
    type: 'attempt',
    at: Date.now(),
    id: envelope.id,
    part,
    attempt: attempt + 1,
    destination,
    content,
    outcomes: [],
  })
  await pause(300)
  await post()
  await eventually(() => assert.equal(taken.length, 2))
  const { job, since, until } = taken[1] as Taken
  assert.equal(job.again, true)
  const other = createSettled(brokers[1] as Broker)
  assert.equal((await other.lookUp(attemptKey(job), since, until))?.id, envelope.id)
  await taker.stop({ contentMs: 0, finalMs: 0 })
})
