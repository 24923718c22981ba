import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Broker } from '@postrider/broker/connection'
import type { CredentialFile } from '@postrider/standalone/provider/state'
import { eventually } from '../support/eventually.ts'
import { openAsOwner } from '../support/owner.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential, manifest } from '../support/manifest.ts'

/** A broker that refuses a message for its size, seen by the client that submits it. */
let remote: Receiver
let platform: TestPlatform
/** As the owner of the platform, who may change its streams. */
let broker: Broker

before(async () => {
  remote = await startReceiver({ offers: ['PIPELINING', '8BITMIME', 'SMTPUTF8', 'DSN'] })
  platform = await startPlatform({
    routeTo: remote,
    messageSize: '10Mi',
    documents: [
      manifest('SMTPLimit', 'two', { messagesPerDay: 2, recipientsPerMessage: 1000 }),
      credential('two', { limitRef: { name: 'two' } }),
    ],
  })
  broker = await openAsOwner(platform.state, platform.ports.broker)
})
after(async () => {
  await broker.close()
  await platform.stop()
  platform.remove()
  await remote.close()
})

const mailStreams = async (): Promise<string[]> =>
  (await Array.fromAsync(broker.jsm.streams.names())).filter((name) => name.startsWith('MAIL_'))

/** Octets in all streams of mail. */
async function mailBytes(): Promise<number> {
  const infos = await Promise.all((await mailStreams()).map((name) => broker.jsm.streams.info(name)))
  return infos.reduce((sum, { state }) => sum + state.bytes, 0)
}

/** The largest message that the streams of mail take from now on, in octets; -1 for no bound but the broker's own. */
async function bound(maxBytes: number): Promise<void> {
  for (const name of await mailStreams()) {
    const { config } = await broker.jsm.streams.info(name)
    await broker.jsm.streams.update(name, { ...config, max_msg_size: maxBytes })
  }
}

/** Sends one message as `two@sender.test`; resolves with the last reply. */
async function submit(subject: string, recipients: number, lines: number): Promise<string> {
  const file = join(platform.state, 'credentials', 'default.two.json')
  const { username, password } = JSON.parse(readFileSync(file, 'utf8')) as CredentialFile
  const client = await openSmtp({ port: platform.ports.submissions, tls: true, caFile: platform.caFile })
  try {
    await client.command('EHLO client.test')
    const login = Buffer.from(`\0${username}\0${password}`).toString('base64')
    assert.match(await client.command(`AUTH PLAIN ${login}`), /^235/)
    const mail = await client.command(`MAIL FROM:<${username}> RET=HDRS`)
    if (!mail.startsWith('250')) return mail
    for (let index = 0; index < recipients; index++) {
      const orcpt = `rfc822;${String(index).padStart(470, 'o')}`
      assert.match(await client.command(`RCPT TO:<kim${index}@remote.test> NOTIFY=FAILURE ORCPT=${orcpt}`), /^250/)
    }
    assert.match(await client.command('DATA'), /^354/)
    const body = `${'x'.repeat(76)}\r\n`.repeat(lines)
    client.write(`From: <${username}>\r\nTo: <kim0@remote.test>\r\nSubject: ${subject}\r\n\r\n${body}`)
    return await client.command('.')
  } finally {
    client.close()
  }
}

const PERMANENT = /^554 5\.3\.0 the queue cannot store this message; contact the administrator/
const arrived = (subject: string): number =>
  remote.mails.filter(({ content }) => content.includes(`Subject: ${subject}\r\n`)).length

test('a message that the broker refuses is refused for good, nothing of it stays, and it counts against no limit', async () => {
  const before = await mailBytes()
  await bound(100_000)
  assert.match(await submit('parts refused', 1, 26_000), PERMANENT)
  assert.equal(await mailBytes(), before, 'after a part was refused')
  // The parts of 512 KiB are stored, and then the record with its envelope of 530 KB is refused.
  await bound(530_000)
  assert.match(await submit('record refused', 1000, 26_000), PERMANENT)
  // Its parts are deleted by the notifier.
  await eventually(async () => assert.equal(await mailBytes(), before, 'after the record was refused'))
  await bound(-1)
  assert.match(await submit('first', 1000, 26_000), /^250/)
  assert.match(await submit('second', 1, 10), /^250/)
  assert.match(await submit('third', 1, 10), /^45\d/, 'the limit of two holds')
  await eventually(() => assert.ok(arrived('first') > 0 && arrived('second') === 1), 60_000)
  assert.deepEqual([arrived('parts refused'), arrived('record refused')], [0, 0])
})

test('a small message is taken and delivered while large ones are refused', async () => {
  await bound(100_000)
  await platform.submit({ to: 'kim@remote.test', subject: 'small beside large' })
  await eventually(() => assert.equal(arrived('small beside large'), 1))
  await bound(-1)
})
