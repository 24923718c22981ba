import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { freeze } from '../support/freeze.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

const SERVICES = { notifier: 0, api: 10, delivery: 20, ingress: 40 }

let remote: Receiver
let platform: TestPlatform

before(async () => {
  remote = await startReceiver({
    script: ({ stage, argument }) =>
      stage === 'rcpt' && argument.startsWith('nobody') ? '550 5.1.1 no such user' : undefined,
  })
  platform = await startPlatform({ routeTo: remote, api: true })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await remote.close()
})

async function ask(service: keyof typeof SERVICES, path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${platform.ports.telemetry + SERVICES[service]}${path}`)
  return { status: response.status, body: await response.text() }
}
const services = Object.keys(SERVICES) as (keyof typeof SERVICES)[]

test('every service says that it lives and is ready, and what else it can be asked', async () => {
  for (const service of services) {
    assert.deepEqual(await ask(service, '/healthz'), { status: 200, body: 'ok\n' })
    assert.deepEqual(await ask(service, '/readyz'), { status: 200, body: 'ready\n' })
    assert.equal((await ask(service, '/')).status, 404)
  }
})

test('every service tells its figures, with a help text each', async () => {
  await platform.submit({ to: ['kim@remote.test', 'nobody@remote.test'] })
  await eventually(() => assert.ok(remote.mails.length >= 2))
  const expected = {
    ingress: [
      'postrider_ingress_connections',
      'postrider_accepted_messages_total 1',
      'postrider_accepted_bytes_total',
      'postrider_refused_total',
      'postrider_accept_seconds_bucket',
    ],
    delivery: [
      'postrider_delivery_connections',
      'postrider_delivery_jobs_in_flight',
      'postrider_delivered_recipients_total',
      'postrider_bounced_recipients_total{category="unknown-user"} 1',
      'postrider_deferred_recipients_total',
      'postrider_ambiguous_transactions_total',
    ],
    notifier: ['postrider_notices_total'],
    api: ['postrider_api_requests_total'],
  }
  for (const service of services) {
    const text = await eventually(async () => {
      const { body } = await ask(service, '/metrics')
      for (const name of expected[service]) assert.ok(body.includes(name), `${name} of ${service}`)
      return body
    })
    assert.match(text, /^process_cpu_seconds_total /m)
    for (const [, name] of text.matchAll(/^# TYPE (postrider_\w+) /gm))
      assert.match(text, new RegExp(`^# HELP ${name} .{10}`, 'm'))
  }
})

test('while the broker is stopped the services live but are not ready; then they are again', async () => {
  const { broker = 0 } = await platform.pids()
  await freeze(broker)
  try {
    for (const service of services) {
      await eventually(async () => {
        const { status, body } = await ask(service, '/readyz')
        assert.equal(status, 503)
        assert.match(body, /the broker cannot be reached/)
      }, 60_000)
      assert.equal((await ask(service, '/healthz')).status, 200)
    }
  } finally {
    process.kill(broker, 'SIGCONT')
  }
  for (const service of services) {
    await eventually(async () => assert.equal((await ask(service, '/readyz')).status, 200), 60_000)
  }
  const id = await eventually(() => platform.submit({ to: 'again@remote.test' }), 60_000)
  await eventually(() => assert.ok(remote.mails.some(({ to }) => to.includes('again@remote.test'))), 60_000)
  assert.match(id, /^\w+$/)
})

test('the logs of the whole way hold the queue id, and never content or a password', async () => {
  const marker = randomBytes(12).toString('hex')
  const { username, password } = platform.credential
  const wrong = `wrong-${randomBytes(12).toString('hex')}`
  const id = await platform.submit({ to: 'marked@remote.test', subject: `subject ${marker}`, text: `text ${marker}` })
  const bounced = await platform.submit({ to: 'nobody2@remote.test', subject: marker, text: marker })
  for (const attempt of [wrong, password]) {
    const smtp = await openSmtp({ port: platform.ports.submissions, tls: true, caFile: platform.caFile })
    await smtp.command('EHLO client.test')
    await smtp.command(`AUTH PLAIN ${Buffer.from(`\0${username}\0${attempt}`).toString('base64')}`)
    // What is refused is logged as well.
    await smtp.command(`MAIL FROM:<${username}>`)
    await smtp.command('RCPT TO:<kim@remote.test>')
    await smtp.command('DATA')
    smtp.write(`From: ceo@other.test\r\nSubject: ${marker}\r\n\r\n${marker}\r\n.\r\n`)
    await smtp.reply()
    smtp.close()
  }
  const folder = join(platform.state, 'logs')
  const logs = () => readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
  await eventually(() => {
    for (const [name, one] of [
      ['ingress-0.log', id],
      ['delivery-0.log', id],
      ['delivery-0.log', bounced],
      ['notifier.log', bounced],
    ] as const) {
      assert.ok(
        logs()
          .find((log) => log.name === name)
          ?.text.includes(one),
        `${one} in ${name}`,
      )
    }
    assert.ok(logs().some(({ text }) => text.includes('"reason":"sender"')))
  })
  const secrets = [marker, password, wrong].flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, '').slice(1, -2),
    Buffer.from(`\0${username}\0${secret}`).toString('base64').replace(/=+$/, ''),
  ])
  for (const { name, text } of logs()) {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${name}`)
  }
})
