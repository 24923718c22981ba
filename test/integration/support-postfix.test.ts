import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { createTransport } from 'nodemailer'
import { startCuttingProxy } from '../support/cutting-proxy.ts'
import { eventually } from '../support/eventually.ts'
import { postfixMissing, startPostfix } from '../support/postfix.ts'

const skip = postfixMissing()

interface SmtpError extends Error {
  response?: string
}

async function send(at: { host: string; port: number }, to: string, text = 'hello'): Promise<string> {
  const transport = createTransport({ host: at.host, port: at.port, secure: false, ignoreTLS: true })
  const envelope = { from: 'sam@sender.test', to }
  return ((await transport.sendMail({ ...envelope, text })) as { response: string }).response
}

const refusal = (pattern: RegExp) => (error: SmtpError) => pattern.test(error.response ?? error.message)

test('Postfix delivers to Maildirs, knows who exists, and relays for nobody', { skip }, async () => {
  const postfix = await startPostfix({ domains: ['remote.test'], recipients: ['kim@remote.test'] })
  try {
    assert.match(await send(postfix, 'kim@remote.test', 'first'), /^250 2\.0\.0/)
    assert.match(await send(postfix, 'kim@remote.test', 'second'), /^250 2\.0\.0/)
    await eventually(() => assert.equal(postfix.mails('kim@remote.test').length, 2))
    assert.match(postfix.mails('kim@remote.test')[0] ?? '', /^Delivered-To: kim@remote\.test$/m)
    await assert.rejects(send(postfix, 'lee@remote.test'), refusal(/^550 5\.1\.1/))
    await assert.rejects(send(postfix, 'kim@elsewhere.test'), refusal(/^554 5\.7\.1/))
    assert.match(postfix.maillog(), /postfix\/virtual.*status=sent/)
  } finally {
    await postfix.stop()
  }
  assert.ok(!existsSync(postfix.folder))
  await assert.rejects(send(postfix, 'kim@remote.test'), { code: 'ESOCKET' })
})

test('Postfix answers as the policy of a test says, by recipient and attempt', { skip }, async () => {
  const postfix = await startPostfix({
    domains: ['remote.test'],
    policy: (recipient, attempt) => {
      if (recipient.startsWith('grey') && attempt === 1) return 'DEFER_IF_PERMIT 4.7.1 greylisted'
      if (recipient.startsWith('full')) return '452 4.2.2 mailbox full'
      if (recipient.startsWith('nobody')) return '550 5.1.1 unknown'
      if (recipient.startsWith('busy')) return '421 4.7.0 too much'
      return undefined
    },
  })
  try {
    await assert.rejects(send(postfix, 'grey@remote.test'), refusal(/^450 4\.7\.1/))
    assert.match(await send(postfix, 'grey@remote.test'), /^250/)
    await assert.rejects(send(postfix, 'full@remote.test'), refusal(/^452 4\.2\.2/))
    await assert.rejects(send(postfix, 'nobody@remote.test'), refusal(/^550 5\.1\.1/))
    await assert.rejects(send(postfix, 'busy@remote.test'), refusal(/^421 4\.7\.0/))
    assert.equal(postfix.requests.filter(({ recipient }) => recipient === 'grey@remote.test').length, 2)
  } finally {
    await postfix.stop()
  }
})

test('a relay keeps what its next hop does not take, and passes it on when that takes it', { skip }, async () => {
  const remote = await startPostfix({
    domains: ['remote.test'],
    policy: (_, attempt) => (attempt === 1 ? '452 4.2.2 mailbox full' : undefined),
  })
  const relay = await startPostfix({ hostName: 'relay.sender.test', relayTo: remote })
  try {
    assert.match(await send(relay, 'kim@remote.test'), /^250/)
    await eventually(async () => assert.equal((await relay.queue())[0]?.queue_name, 'deferred'))
    await relay.flush()
    await eventually(() => assert.equal(remote.mails('kim@remote.test').length, 1))
    assert.match(remote.mails('kim@remote.test')[0] ?? '', /by relay\.sender\.test/)
  } finally {
    await relay.stop()
    await remote.stop()
  }
})

test(
  'a connection that is cut in the content leaves nothing, one that is cut before the reply leaves a message',
  {
    skip,
  },
  async () => {
    const postfix = await startPostfix({ domains: ['remote.test'] })
    const proxies = await Promise.all([
      startCuttingProxy({ to: postfix, cut: 'content', times: 2 }),
      startCuttingProxy({ to: postfix, cut: 'reply', times: 1 }),
    ])
    const [content, reply] = proxies
    try {
      const long = 'a line of some length\n'.repeat(500)
      for (let times = 0; times < 2; times++) await assert.rejects(send(content, 'kim@remote.test', long))
      assert.match(await send(content, 'kim@remote.test', long), /^250/)
      assert.equal(content.cuts(), 2)
      await assert.rejects(send(reply, 'lee@remote.test', long))
      assert.match(await send(reply, 'lee@remote.test', long), /^250/)
      await eventually(() => assert.equal(postfix.mails('lee@remote.test').length, 2))
      assert.equal(postfix.mails('kim@remote.test').length, 1)
    } finally {
      await Promise.all(proxies.map((proxy) => proxy.close()))
      await postfix.stop()
    }
  },
)
