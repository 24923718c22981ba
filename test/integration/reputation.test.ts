import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { AccountReputation } from '@postrider/message-log/reputation'
import { parseAllDocuments } from 'yaml'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential, manifest } from '../support/manifest.ts'

let remote: Receiver
let platform: TestPlatform

const limit = manifest('SMTPLimit', 'watched', {
  suspension: { bouncePercent: 40, spamPercent: 20, minimumRecipients: 5 },
  tiers: [{ messagesPerDay: 50 }, { messagesPerDay: 500, afterCleanDays: 2 }],
})

before(async () => {
  remote = await startReceiver({
    script: ({ stage, argument }) => {
      if (stage !== 'rcpt') return undefined
      if (argument.includes('nobody')) return '550 5.1.1 no such user here'
      return argument.includes('strict') ? '554 5.7.1 message looks like spam' : undefined
    },
  })
  platform = await startPlatform({
    routeTo: remote,
    credential: { limitRef: { name: 'watched' } },
    documents: [
      limit,
      manifest('SMTPLimit', 'wide', { suspension: { bouncePercent: 90, spamPercent: 30, minimumRecipients: 8 } }),
    ],
    domain: { limitRef: { name: 'wide' } },
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await remote.close()
})

/** The reply to a message, or 'ok'. */
const send = (to: string): Promise<string> =>
  platform.submit({ to }).then(
    () => 'ok',
    (error: unknown) => (error as { response?: string }).response ?? String(error),
  )

async function sendUntil(reply: RegExp, to = 'kim@remote.test'): Promise<string> {
  return eventually(async () => {
    const last = await send(to)
    assert.match(last, reply)
    return last
  }, 30_000)
}

const reputations = async (): Promise<AccountReputation[]> =>
  JSON.parse(await platform.cli('reputation', 'ls', '--json')) as AccountReputation[]
const suspensionOf = async (account: string) =>
  (await reputations()).find((one) => one.account === account)?.reputation.suspended
const noticesTo = (address: string) =>
  remote.mails.filter(({ to, content }) => to.includes(address) && /^Subject: Sending is suspended/im.test(content))

test('whose recipients do not exist is suspended, notified once, and refused at each try with why and what to do', async () => {
  for (let number = 0; number < 3; number++) assert.equal(await send(`kim${number}@remote.test`), 'ok')
  for (let number = 0; number < 3; number++) assert.equal(await send(`nobody${number}@remote.test`), 'ok')
  const reply = await sendUntil(/^450/, 'nobody@remote.test')
  assert.match(
    reply,
    /^450 4\.7\.1 the credential app@sender\.test has been suspended since \d{4}-\S+Z: \d+% of the messages to \d+ recipients bounced/,
  )
  assert.match(
    reply,
    /\(limit 40%\); fix the cause, then have spec\.resume of the credential or domain set to a new value$/,
  )
  await eventually(() => assert.equal(noticesTo('app@sender.test').length, 1), 30_000)
  const [notice] = noticesTo('app@sender.test')
  assert.equal(notice?.from, '')
  assert.match(notice.content, /To lift the suspension: fix the cause, then have spec\.resume/)
  assert.equal((await suspensionOf('credential/app@sender.test'))?.reason, 'Bounces')
  assert.equal(await suspensionOf('domain/sender.test'), undefined)
  assert.match(await platform.metrics('notifier'), /^postrider_suspended_accounts\{kind="credential"\} 1$/m)
  assert.match(await platform.metrics('notifier'), /^postrider_suspensions_total\{reason="Bounces"\} 1$/m)
})

test('it outlives a restart of everything, and is not notified again', async () => {
  await platform.restart()
  assert.match(await send('kim@remote.test'), /^450 4\.7\.1 the credential app@sender\.test has been suspended/)
  assert.equal(noticesTo('app@sender.test').length, 1)
})

test('a new resume in the manifest ends it within seconds; the first tier is where it begins', async () => {
  replace(credential('app', { limitRef: { name: 'watched' }, resume: '2026-05-04' }))
  await sendUntil(/^ok$/)
  const found = (await reputations()).find(({ account }) => account === 'credential/app@sender.test')
  assert.deepEqual([found?.reputation.tier, found?.reputation.suspended], [0, undefined])
})

test('spam suspends the whole domain, and the administrator can lift that', async () => {
  // Only the domain has a limit now.
  replace(credential('app', { resume: '2026-05-04' }))
  for (let number = 0; number < 6; number++) await send(`strict${number}@remote.test`)
  const reply = await sendUntil(/^450/, 'strict@remote.test')
  assert.match(
    reply,
    /the domain sender\.test has been suspended since \S+: \d+% of the messages to \d+ recipients were refused as spam/,
  )
  await eventually(() => assert.equal(noticesTo('postmaster@sender.test').length, 1), 30_000)
  assert.match(await platform.cli('reputation', 'restore', 'sender.test'), /^domain\/sender\.test {2}can send again/)
  await sendUntil(/^ok$/)
  await assert.rejects(platform.cli('reputation', 'restore', 'sender.test'), /is not suspended/)
})

/** The manifests as they were written first, with one of them exchanged. */
function replace(document: { kind: string; metadata: { name: string } }): void {
  const all = parseAllDocuments(readFileSync(join(platform.folder, 'platform.yaml'), 'utf8')).map(
    (one) => one.toJS() as typeof document,
  )
  platform.write(
    'platform.yaml',
    all.map((one) => (one.kind === document.kind && one.metadata.name === document.metadata.name ? document : one)),
  )
}
