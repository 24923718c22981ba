import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { get } from 'node:https'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { openSmtp } from '../support/raw-smtp.ts'
import type { RawSmtp } from '../support/raw-smtp.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { credential, manifest } from '../support/manifest.ts'

let remote: Receiver
let platform: TestPlatform

/** A credential `name@sender.test` with a limit of its own. */
const limited = (name: string, spec: Record<string, unknown>): unknown[] => [
  manifest('SMTPLimit', `limit-${name}`, spec),
  credential(name, { limitRef: { name: `limit-${name}` } }),
]

before(async () => {
  remote = await startReceiver()
  platform = await startPlatform({
    routeTo: remote,
    ingressReplicas: 2,
    api: true,
    documents: [
      ...limited('daily', { messagesPerDay: 300 }),
      ...limited('people', { recipientsPerDay: 5 }),
      ...limited('hasty', { messagesPerMinute: 3 }),
      ...limited('bursty', { rate: { messages: 2, per: '1h', burst: 4 } }),
      ...limited('curious', { newDestinationsPerDay: 2 }),
      ...limited('talkative', { concurrentSessions: 3 }),
      ...limited('small', { messageSize: '20Ki' }),
      ...limited('narrow', { recipientsPerMessage: 2 }),
    ],
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await remote.close()
})

interface Refused {
  code: number
  response: string
}

/** One client: sends a mail over a connection of its own or an open one, and says how that went. */
function clientOf(name: string, maxConnections = 1) {
  const { username } = platform.credentialOf(name)
  const transport = platform.transport(name, { pool: true, maxConnections, maxMessages: 40 })
  return {
    close: () => transport.close(),
    async send(mail: Record<string, unknown> = {}): Promise<'ok' | Refused> {
      try {
        await transport.sendMail({ from: username, to: 'kim@remote.test', subject: 'x', text: 'x', ...mail })
        return 'ok'
      } catch (error) {
        const { responseCode: code = 0, response = String(error) } = error as {
          responseCode?: number
          response?: string
        }
        return { code, response }
      }
    },
  }
}

const refusal = (result: 'ok' | Refused): Refused => {
  assert.notEqual(result, 'ok')
  return result as Refused
}

test('of 500 messages that eight clients send at once to two processes, exactly the 300 allowed are accepted', async () => {
  const metrics = async (port: number): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return Number(/^postrider_accepted_messages_total (\d+)/m.exec(text)?.[1] ?? 0)
  }
  const clients = Array.from({ length: 8 }, () => clientOf('daily'))
  let left = 500
  const results: ('ok' | Refused)[] = []
  await Promise.all(
    clients.map(async ({ send }) => {
      while (left-- > 0) results.push(await send())
    }),
  )
  for (const client of clients) client.close()
  const refused = results.filter((result) => result !== 'ok')
  assert.equal(results.length, 500)
  assert.equal(results.length - refused.length, 300, refused[0]?.response)
  for (const { code, response } of refused) {
    assert.equal(code, 452)
    assert.match(
      response,
      /4\.7\.1 limit reached: credential daily@sender\.test has sent 300 of 300 messages in 24 hours \(SMTPLimit "limit-daily"\)/,
    )
    assert.match(response, /try again after \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  }
  await eventually(() => assert.equal(remote.mails.length, 300), 60_000)
  const shares = await Promise.all([40, 41].map((offset) => metrics(platform.ports.telemetry + offset)))
  assert.equal((shares[0] ?? 0) + (shares[1] ?? 0), 300)
  assert.ok(
    shares.every((share) => share > 0),
    `both processes take part: ${shares.join(' and ')}`,
  )
})

test('what was used stays used over a restart', async () => {
  await platform.restart()
  const client = clientOf('daily')
  assert.match(refusal(await client.send()).response, /300 of 300 messages in 24 hours/)
  client.close()
})

describe('other limits', () => {
  test('recipients a day', async () => {
    const client = clientOf('people')
    assert.equal(await client.send({ to: ['a@remote.test', 'b@remote.test', 'c@remote.test'] }), 'ok')
    const { code, response } = refusal(await client.send({ to: ['d@remote.test', 'e@remote.test', 'f@remote.test'] }))
    assert.equal(code, 452)
    assert.match(
      response,
      /credential people@sender\.test has sent to 3 of 5 recipients in 24 hours \(SMTPLimit "limit-people"\); try again after/,
    )
    assert.equal(await client.send({ to: ['d@remote.test', 'e@remote.test'] }), 'ok')
    client.close()
  })

  test('messages a minute', async () => {
    const client = clientOf('hasty')
    for (let sent = 0; sent < 3; sent++) assert.equal(await client.send(), 'ok')
    const { code, response } = refusal(await client.send())
    assert.equal(code, 452)
    assert.match(response, /has sent 3 of 3 messages in a minute .*; try again after/)
    client.close()
  })

  test('a burst, and then a pace', async () => {
    const client = clientOf('bursty')
    const results = await Promise.all(Array.from({ length: 8 }, () => client.send()))
    const refused = results.filter((result) => result !== 'ok')
    assert.equal(refused.length, 4)
    for (const { code, response } of refused) {
      assert.equal(code, 452)
      assert.match(response, /has used 4 of 4 messages of its burst \(2 more every 3600 s\) .*; try again after \d{4}-/)
    }
    client.close()
  })

  test('new recipient domains a day; those that are known stay open', async () => {
    const client = clientOf('curious')
    assert.equal(await client.send({ to: ['a@one.test', 'b@one.test'] }), 'ok')
    const { code, response } = refusal(await client.send({ to: ['a@two.test', 'a@three.test'] }))
    assert.equal(code, 452)
    assert.match(response, /has sent to 1 of 2 new recipient domains in 24 hours .*; try again after/)
    assert.equal(await client.send({ to: 'a@two.test' }), 'ok')
    assert.equal(refusal(await client.send({ to: ['a@one.test', 'a@three.test'] })).code, 452)
    assert.equal(await client.send({ to: ['c@one.test', 'd@two.test'] }), 'ok')
    client.close()
  })

  test('sessions at once, over both processes; one that ends makes room, and so does a process that is killed', async () => {
    const { username, password } = platform.credentialOf('talkative')
    const login = async (): Promise<{ smtp: RawSmtp; reply: string }> => {
      const smtp = await openSmtp({ port: platform.ports.submissions, tls: true, caFile: platform.caFile })
      await smtp.command('EHLO client.test')
      const plain = Buffer.from(`\0${username}\0${password}`).toString('base64')
      return { smtp, reply: await smtp.command(`AUTH PLAIN ${plain}`) }
    }
    const all = await Promise.all(Array.from({ length: 9 }, login))
    const taken = all.filter(({ reply }) => reply.startsWith('235'))
    const refused = all.filter(({ reply }) => !reply.startsWith('235'))
    assert.equal(taken.length, 3, refused[0]?.reply)
    for (const { smtp, reply } of refused) {
      assert.match(
        reply,
        /^454 4\.7\.1 limit reached: credential talkative@sender\.test has 3 of 3 sessions open \(SMTPLimit "limit-talkative"\)/,
      )
      smtp.close()
    }
    taken[0]?.smtp.close()
    /** A login that waits until there is room, or a process to log in to. */
    const again = async (withinMs: number): Promise<RawSmtp> =>
      eventually(async () => {
        const { smtp, reply } = await login()
        if (!reply.startsWith('235')) smtp.close()
        assert.match(reply, /^235/)
        return smtp
      }, withinMs)
    const last = await again(15_000)
    for (const [name, pid] of await platform.programs()) if (name === 'ingress') process.kill(pid, 'SIGKILL')
    const open = [last, ...taken.slice(1).map(({ smtp }) => smtp)]
    await eventually(() => assert.ok(open.every(({ closed }) => closed)))
    const more = await again(60_000)
    for (const smtp of [...open, more]) smtp.close()
  })

  test('size', async () => {
    const client = clientOf('small')
    assert.equal(await client.send({ text: 'x\n'.repeat(5000) }), 'ok')
    const { code, response } = refusal(await client.send({ text: 'x\n'.repeat(15_000) }))
    assert.equal(code, 552)
    assert.match(response, /5\.3\.4 the message exceeds your limit of 20480 octets/)
    assert.equal(await client.send(), 'ok')
    client.close()
  })

  test('recipients a message: the first are taken, the others answered 452', async () => {
    const client = clientOf('narrow')
    assert.equal(await client.send({ to: ['a@remote.test', 'b@remote.test', 'c@remote.test'] }), 'ok')
    await eventually(() => {
      const mails = remote.mails.filter(({ from }) => from === 'narrow@sender.test')
      assert.deepEqual(
        mails.map(({ to }) => to),
        [['a@remote.test', 'b@remote.test']],
      )
    })
    client.close()
  })
})

test('the tenant can ask for limits and their use with the login that he sends with', async () => {
  const { username, password } = platform.credentialOf('people')
  const ask = (secret: string): Promise<{ status: number; body: string }> =>
    new Promise((resolve, reject) => {
      const options = { ca: readFileSync(platform.caFile), auth: `${username}:${secret}` }
      get(`https://localhost:${platform.ports.api}/v1/limits`, options, (response) => {
        let body = ''
        response.on('data', (chunk: Buffer) => (body += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
      }).on('error', reject)
    })
  const { status, body } = await ask(password)
  assert.equal(status, 200)
  const [own, domain] = (JSON.parse(body) as { accounts: Record<string, unknown>[] }).accounts
  const [recipients] = own?.['limits'] as { freesAt: string }[]
  assert.deepEqual(own, {
    account: 'credential/people@sender.test',
    limit: 'limit-people',
    limits: [{ limit: 'recipientsPerDay', used: 5, allowed: 5, freesAt: recipients?.freesAt }],
    recipientsPerMessage: 100,
    messageBytes: own?.['messageBytes'],
    reputation: { state: 'Good' },
  })
  const frees = Date.parse(recipients?.freesAt ?? '') - Date.now()
  assert.ok(frees > 0 && frees < 25 * 3_600_000, recipients?.freesAt)
  assert.deepEqual(domain, { account: 'domain/sender.test', limit: null, limits: [], reputation: { state: 'Good' } })
  assert.equal((await ask('wrong')).status, 401)
})
