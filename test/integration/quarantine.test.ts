import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { headers } from '@nats-io/transport-node'
import { shardOf } from '@postrider/queue/place'
import type { Broker } from '@postrider/broker/connection'
import { REPUTATION_BUCKET, mailStream, newSubject } from '@postrider/broker/names'
import type { QuarantineNote } from '@postrider/queue/quarantine'
import { envelope } from '../support/envelope.ts'
import { eventually } from '../support/eventually.ts'
import { openAsOwner } from '../support/owner.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

/** As a platform has them by default. */
const SHARDS = 4

let remote: Receiver
let platform: TestPlatform
/** As the owner of the platform, who may write anywhere. */
let broker: Broker

before(async () => {
  remote = await startReceiver({ offers: ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN'] })
  platform = await startPlatform({ routeTo: remote, messageSize: '10Mi' })
  broker = await openAsOwner(platform.state, platform.ports.broker)
})
after(async () => {
  await broker.close()
  await platform.stop()
  platform.remove()
  await remote.close()
})

interface Entry {
  number: number
  note: QuarantineNote
}
const listed = async (): Promise<Entry[]> =>
  (JSON.parse(await platform.cli('queue', 'quarantine', 'ls', '--json')) as { entries: Entry[] }).entries
const kinds = async (): Promise<string[]> => (await listed()).map(({ note }) => note.kind).sort()
const arrives = (to: string): Promise<void> =>
  eventually(() => assert.ok(remote.mails.some((mail) => mail.to.includes(to))), 60_000)
async function metric(service: 'notifier' | 'delivery', name: string): Promise<number> {
  const line = (await platform.metrics(service)).split('\n').find((text) => text.startsWith(`${name} `))
  return Number(line?.split(' ')[1])
}

test('a garbage record in each stream and bucket: all mail and notices go on, and the quarantine shows each once', async () => {
  const before = await platform.programs()
  const key = Buffer.from('credential/app@sender.test').toString('base64url')
  for (const subject of [
    'mail.0.new',
    'mail.1.new',
    'job.due',
    'event.delivery',
    'held.garbage.record',
    '$KV.config.policies',
    `$KV.config.credential.${Buffer.from('other@sender.test').toString('base64url')}`,
    `$KV.${REPUTATION_BUCKET}.${key}`,
  ])
    await broker.js.publish(subject, 'garbage')
  // Right in its form, and about nothing that exists.
  const event = { type: 'attempt', at: 1, id: 'nothing', part: 0, attempt: 1, destination: 'x', outcomes: 'none' }
  const erased = { type: 'erase', at: Date.now(), id: 'erased', envelope: envelope({ id: 'erased' }) }
  await broker.js.publish('event.delivery', JSON.stringify([event, erased]))
  for (let count = 0; count < 8; count++) {
    await platform.submit({ to: `kim${count}@remote.test` })
    await arrives(`kim${count}@remote.test`)
  }
  const wanted = ['events', 'events', 'held', 'job', 'message', 'message', 'value', 'value', 'value']
  await eventually(async () => assert.deepEqual(await kinds(), wanted), 60_000)
  await eventually(async () => assert.equal((await platform.message('erased')).found, true))
  await eventually(async () => assert.equal(await metric('notifier', 'postrider_quarantine_records'), wanted.length))
  assert.equal(await metric('notifier', 'postrider_quarantined_total'), wanted.length)
  assert.equal(await metric('delivery', 'postrider_config_invalid_entries'), 2)
  assert.deepEqual(await platform.programs(), before, 'no process ended')
})

test('what cannot be read cannot be retried; drop removes it for good', async () => {
  const entries = await listed()
  const shown = await platform.cli('queue', 'quarantine', 'show', String(entries[0]?.number))
  assert.match(shown, /garbage|kind/)
  for (const { number, note } of entries) {
    if (note.kind !== 'value')
      await assert.rejects(platform.cli('queue', 'quarantine', 'retry', String(number)), { code: 2 })
    assert.match(await platform.cli('queue', 'quarantine', 'drop', String(number)), /dropped/)
  }
  assert.deepEqual(await kinds(), [])
  await assert.rejects(platform.cli('queue', 'quarantine', 'drop', '1'), { code: 1 })
  await eventually(async () => assert.equal(await metric('notifier', 'postrider_quarantine_records'), 0))
})

test('a job in the quarantine is delivered once by retry, and cancelled by drop', async () => {
  const quarantined = async (to: string): Promise<{ id: string; number: number }> => {
    const id = await platform.submit({ to })
    await arrives(to)
    // The log has the message a moment after it has arrived.
    const { envelope: accepted } = await eventually(async () => {
      const answer = await platform.message(id)
      assert.equal(answer.found, true)
      return answer
    })
    const stream = mailStream(shardOf(id, SHARDS))
    const { seq } =
      (await broker.jsm.streams.getMessage(stream, { last_by_subj: newSubject(shardOf(id, SHARDS)) })) ?? {}
    assert.ok(seq !== undefined)
    const job = {
      envelope: { ...accepted, recipients: [{ address: `again-${to}` }] },
      part: 7,
      attempt: 1,
      destination: 'remote.test',
      content: { stream, seq, parts: [] },
    }
    const { state } = await broker.jsm.streams.info('QUARANTINE')
    const note = { kind: 'job', reason: 'a test', at: 1, id, bytes: 1 }
    const fields = headers()
    fields.set('Postrider-Quarantine', JSON.stringify(note))
    const outcome = {
      address: `again-${to}`,
      state: 'deferred',
      reply: 'later',
      status: '4.0.0',
      category: 'network',
      stage: 'connect',
    }
    const first = {
      type: 'attempt',
      at: Date.now(),
      id,
      part: 7,
      attempt: 1,
      destination: 'remote.test',
      content: job.content,
    }
    const nextAt = Date.now() + 86_400_000
    await broker.js.publish('event.delivery', JSON.stringify([{ ...first, outcomes: [outcome], nextAt }]))
    await broker.js.publish(`quarantine.job.${id}`, JSON.stringify(job), { headers: fields })
    return { id, number: state.last_seq + 1 }
  }
  const first = await quarantined('retried@remote.test')
  assert.match(await platform.cli('queue', 'quarantine', 'retry', String(first.number)), /retried/)
  await arrives('again-retried@remote.test')
  await assert.rejects(platform.cli('queue', 'quarantine', 'retry', String(first.number)), { code: 1 })
  const second = await quarantined('dropped@remote.test')
  assert.match(await platform.cli('queue', 'quarantine', 'drop', String(second.number)), /dropped/)
  await eventually(async () => {
    const { story } = await platform.message(second.id)
    assert.ok(story.some((event) => event.type === 'cancel' && event.recipients.includes('again-dropped@remote.test')))
  })
  assert.equal(remote.mails.filter(({ to }) => to.includes('again-retried@remote.test')).length, 1)
  assert.equal(remote.mails.filter(({ to }) => to.includes('again-dropped@remote.test')).length, 0)
})

test('700 recipients with NOTIFY and ORCPT and 2 MB are accepted and delivered', async () => {
  const { username, password } = platform.credential
  const client = await openSmtp({ port: platform.ports.submissions, tls: true, caFile: platform.caFile })
  await client.command('EHLO client.test')
  const login = Buffer.from(`\0${username}\0${password}`).toString('base64')
  assert.match(await client.command(`AUTH PLAIN ${login}`), /^235/)
  assert.match(await client.command(`MAIL FROM:<${username}> RET=HDRS ENVID=${'e'.repeat(100)}`), /^250/)
  const address = (index: number): string => `many${index}@remote.test`
  for (let index = 0; index < 700; index++) {
    const orcpt = `rfc822;${String(index).padStart(470, 'o')}`
    const reply = await client.command(`RCPT TO:<${address(index)}> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=${orcpt}`)
    assert.match(reply, /^250/, reply)
  }
  assert.match(await client.command('DATA'), /^354/)
  const line = `${'x'.repeat(76)}\r\n`
  client.write(`From: <${username}>\r\nTo: <${address(0)}>\r\nSubject: many\r\n\r\n${line.repeat(26_000)}`)
  const reply = await client.command('.')
  assert.match(reply, /^250/, reply)
  client.close()
  const reached = (): Set<string> =>
    new Set(remote.mails.flatMap(({ to, content }) => (content.includes('Subject: many') ? to : [])))
  await eventually(() => assert.equal(reached().size, 700), 60_000)
  const id = /queued as (\w+)/.exec(reply)?.[1] ?? ''
  await eventually(async () => {
    const { recipients } = await platform.message(id)
    assert.equal(recipients.filter(({ state }) => state === 'delivered').length, 700)
  }, 60_000)
})
