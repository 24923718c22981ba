import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { selfSigned } from '../support/self-signed.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import type { Answer, Step } from '../support/receiver/script.ts'
import { startUnbound, unboundMissing } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'
import { policy } from '../support/manifest.ts'

const RETRY = { firstDelay: '300ms', maxDelay: '1s', jitterPercent: 0, lifetime: '2m' }

const recipientOf = async (platform: TestPlatform, id: string, address?: string) => {
  const { recipients } = await platform.message(id)
  const found = recipients.find((one) => address === undefined || one.address === address)
  assert.ok(found?.outcome, `an outcome of ${id}`)
  return { ...found, outcome: found.outcome }
}

describe('where mail goes', { skip: unboundMissing() }, () => {
  let dns: Unbound
  let first: Receiver
  let second: Receiver
  let six: Receiver
  let platform: TestPlatform

  before(async () => {
    const port = await freePort()
    // All receivers of an MX listen on one port: what tells them apart is the address.
    first = await startReceiver({ host: '127.0.0.2', port })
    second = await startReceiver({ host: '127.0.0.3', port })
    six = await startReceiver({ host: '::1', port })
    dns = await startUnbound({
      records: [
        'mx1.remote.test. A 127.0.0.2',
        'mx2.remote.test. A 127.0.0.3',
        'nobody.remote.test. A 127.0.0.9',
        'mx6.remote.test. AAAA ::1',
        'mx64.remote.test. AAAA ::1',
        'mx64.remote.test. A 127.0.0.2',
        'dead6.remote.test. AAAA ::ffff:127.0.0.9',
        'dead6.remote.test. A 127.0.0.2',
        'plain.test. MX 10 mx1.remote.test.',
        'order.test. MX 10 mx2.remote.test.',
        'order.test. MX 20 mx1.remote.test.',
        'fallback.test. MX 5 nobody.remote.test.',
        'fallback.test. MX 10 mx2.remote.test.',
        'unnamed.test. MX 5 missing.remote.test.',
        'unnamed.test. MX 10 mx2.remote.test.',
        'implicit.test. A 127.0.0.3',
        'null.test. MX 0 .',
        'empty.test. TXT nothing',
        'loop.test. MX 10 mail.sender.test.',
        'six.test. MX 10 mx6.remote.test.',
        'both.test. MX 10 mx64.remote.test.',
        'half.test. MX 10 dead6.remote.test.',
      ],
      failing: ['broken.test'],
      refusing: ['refused.test'],
    })
    platform = await startPlatform({
      platform: {
        delivery: { smtpPort: port, timeouts: { greeting: '1s' } },
        dns: { resolvers: [dns.address] },
        retry: RETRY,
      },
    })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await Promise.all([first.close(), second.close(), six.close(), dns.stop()])
  })

  const arrives: [domain: string, what: string, where: () => Receiver][] = [
    ['plain.test', 'its MX', () => first],
    ['order.test', 'the MX of the lowest preference, not the first record', () => second],
    ['fallback.test', 'the next MX when the best one cannot be reached', () => second],
    ['unnamed.test', 'the next MX when the best one has no address', () => second],
    ['implicit.test', 'its own address when it has no MX', () => second],
    ['six.test', 'an MX that has only an IPv6 address', () => six],
    ['both.test', 'IPv6 first when there are both', () => six],
    ['half.test', 'IPv4 when IPv6 does not get through', () => first],
  ]
  for (const [domain, what, where] of arrives) {
    test(`to ${what} (${domain})`, async () => {
      await platform.submit({ to: `kim@${domain}` })
      await eventually(() => assert.ok(where().mails.some(({ to }) => to.includes(`kim@${domain}`))), 30_000)
    })
  }

  const fails: [domain: string, what: string, reply: RegExp, status: RegExp][] = [
    ['null.test', 'a null MX bounces at once', /^556 5\.1\.10 .*null MX/, /^5\.1\.10$/],
    ['missing.test', 'a domain that does not exist bounces at once', /^550 5\.1\.2 .*does not exist/, /^5\.1\.2$/],
    ['empty.test', 'a domain without MX and address bounces at once', /^550 5\.1\.2 .*neither/, /^5\.1\.2$/],
    ['loop.test', 'a domain whose MX is this platform bounces at once', /^554 5\.4\.6 .*loop/, /^5\.4\.6$/],
  ]
  for (const [domain, what, reply, status] of fails) {
    test(what, async () => {
      const id = await platform.submit({ to: `kim@${domain}` })
      const { state, outcome } = await eventually(async () => {
        const found = await recipientOf(platform, id)
        assert.equal(found.attempts, 1)
        return found
      })
      assert.equal(state, 'failed')
      assert.match(outcome.reply, reply)
      assert.match(outcome.status, status)
    })
  }

  for (const domain of ['broken.test', 'refused.test']) {
    test(`a failing resolver does not cause a bounce (${domain})`, async () => {
      const id = await platform.submit({ to: `kim@${domain}` })
      await eventually(async () => {
        const { state, attempts, outcome } = await recipientOf(platform, id)
        assert.ok(attempts >= 2)
        assert.equal(state, 'deferred')
        assert.match(outcome.reply, /^451 4\.4\.3 /)
      }, 60_000)
      await platform.cli('queue', 'cancel', id)
    })
  }
})

describe('destinations', () => {
  let platform: TestPlatform
  let quick: Receiver
  let hanging: Receiver
  let narrow: Receiver
  let mixed: Receiver
  const all = () => [quick, hanging, narrow, mixed]
  let peak = 0

  before(async () => {
    quick = await startReceiver()
    hanging = await startReceiver({ script: { greeting: { then: 'hang' } } })
    narrow = await startReceiver({
      script: ({ stage }) => {
        if (stage === 'greeting') peak = Math.max(peak, narrow.open())
        return undefined
      },
    })
    mixed = await startReceiver({
      script: ({ stage, argument }) => {
        if (stage !== 'rcpt') return undefined
        if (argument.startsWith('full')) return '452 4.2.2 mailbox full'
        if (argument.startsWith('nobody')) return '550 5.1.1 no such user'
        return undefined
      },
    })
    platform = await startPlatform({
      platform: { retry: { ...RETRY, firstDelay: '5s', maxDelay: '5s' } },
      documents: [
        policy('quick', ['quick.test'], quick),
        policy('hanging', ['hanging.test'], hanging),
        policy('narrow', ['narrow.test'], narrow, { connections: 2 }),
        policy('mixed', ['mixed.test'], mixed),
      ],
    })
  })
  after(async () => {
    // First the one that hangs: what waits for its greeting is let go.
    await Promise.all(all().map((receiver) => receiver.close()))
    await platform.stop()
    platform.remove()
  })

  test('one that hangs with a hundred messages does not hold up another', async () => {
    for (let batch = 0; batch < 10; batch++) {
      await Promise.all(
        Array.from({ length: 10 }, (_, n) => platform.submit({ to: `n${batch * 10 + n}@hanging.test` })),
      )
    }
    await eventually(() => assert.ok(hanging.open() > 0))
    const startedAt = Date.now()
    await platform.submit({ to: 'kim@quick.test' })
    await eventually(() => assert.ok(quick.mails.some(({ to }) => to.includes('kim@quick.test'))), 10_000)
    assert.equal(hanging.mails.length, 0)
    assert.ok(Date.now() - startedAt < 10_000)
  })

  test('gets no more connections than its policy allows, and they are used again', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, n) => platform.submit({ to: `n${n}@narrow.test` })))
    await eventually(() => assert.equal(narrow.mails.length, 30), 30_000)
    assert.ok(peak <= 2, `${peak} connections at once`)
    const connects = narrow.steps.filter(({ stage }) => stage === 'greeting').length
    assert.ok(connects < 30, `${connects} connections for 30 messages`)
  })

  test('one transaction carries all its recipients, and each has an outcome of its own', async () => {
    const to = ['kim@mixed.test', 'nobody@mixed.test', 'full@mixed.test', 'lee@mixed.test']
    const id = await platform.submit({ to })
    await eventually(async () => {
      const states = Object.fromEntries((await platform.message(id)).recipients.map((one) => [one.address, one.state]))
      assert.deepEqual(states, {
        'kim@mixed.test': 'delivered',
        'nobody@mixed.test': 'failed',
        'full@mixed.test': 'deferred',
        'lee@mixed.test': 'delivered',
      })
    })
    assert.deepEqual(mixed.mails.find(({ from }) => from !== '')?.to, ['kim@mixed.test', 'lee@mixed.test'])
    await platform.cli('queue', 'cancel', id)
  })
})

describe('TLS to remotes', () => {
  const offers = ['PIPELINING', 'STARTTLS']
  let platform: TestPlatform
  const receivers: Record<string, Receiver> = {}

  before(async () => {
    const certificate = await selfSigned('remote.test')
    receivers['works'] = await startReceiver({ offers, certificate })
    receivers['broken'] = await startReceiver({ offers, certificate, script: { starttls: { handshake: 'garbage' } } })
    receivers['unavailable'] = await startReceiver({
      offers,
      certificate,
      script: { starttls: '454 4.7.0 TLS not available' },
    })
    receivers['untrusted'] = await startReceiver({ offers, certificate })
    receivers['clear'] = await startReceiver()
    const policies = Object.entries(receivers).map(([name, receiver]) =>
      policy(name, [`${name}.test`], receiver, {
        tls: name === 'untrusted' || name === 'clear' ? 'Required' : 'Opportunistic',
      }),
    )
    platform = await startPlatform({ platform: { retry: RETRY }, documents: policies })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await Promise.all(Object.values(receivers).map((receiver) => receiver.close()))
  })

  for (const name of ['works', 'broken', 'unavailable']) {
    test(`opportunistic: mail arrives where STARTTLS ${name === 'works' ? name : `is ${name}`}`, async () => {
      const id = await platform.submit({ to: `kim@${name}.test` })
      await eventually(() => assert.equal(receivers[name]?.mails.length, 1))
      assert.equal(receivers[name]?.mails[0]?.secure, name === 'works')
      await eventually(async () => assert.equal((await recipientOf(platform, id)).attempts, 1))
    })
  }

  for (const name of ['untrusted', 'clear']) {
    test(`required: mail waits where the remote is ${name}`, async () => {
      const id = await platform.submit({ to: `kim@${name}.test` })
      await eventually(async () => {
        const { state, attempts } = await recipientOf(platform, id)
        assert.equal(state, 'deferred')
        assert.ok(attempts >= 2)
      }, 30_000)
      assert.equal(receivers[name]?.mails.length, 0)
      await platform.cli('queue', 'cancel', id)
    })
  }
})

describe('a remote that stops answering', () => {
  const stages = ['greeting', 'ehlo', 'mail', 'rcpt', 'data', 'final'] as const
  const receivers = new Map<string, Receiver>()
  let platform: TestPlatform

  before(async () => {
    for (const hangAt of stages) {
      // Once: the second attempt gets through.
      const script = ({ stage, attempt }: Step): Answer | undefined =>
        stage === hangAt && attempt === 1 ? { then: 'hang' } : undefined
      receivers.set(hangAt, await startReceiver({ script }))
    }
    const policies = [...receivers].map(([stage, receiver]) => policy(stage, [`${stage}.test`], receiver))
    const timeouts = { greeting: '310ms', mail: '320ms', rcpt: '330ms', data: '340ms', final: '350ms' }
    platform = await startPlatform({ platform: { retry: RETRY, delivery: { timeouts } }, documents: policies })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await Promise.all(Array.from(receivers.values(), (receiver) => receiver.close()))
  })

  /** EHLO has the time of MAIL. */
  const expected = { greeting: '0.31', ehlo: '0.32', mail: '0.32', rcpt: '0.33', data: '0.34', final: '0.35' }
  for (const stage of stages) {
    test(`at ${stage} is given up after that stage's time, and tried again`, async () => {
      const id = await platform.submit({ to: `kim@${stage}.test` })
      await eventually(() => assert.equal(receivers.get(stage)?.mails.length, 1))
      const story = await eventually(async () => {
        const { story } = await platform.message(id)
        assert.ok(story.length > 0)
        return story
      })
      const [attempt] = story
      const outcome = attempt?.type === 'attempt' ? attempt.outcomes[0] : undefined
      assert.equal(outcome?.state, 'deferred')
      assert.equal(outcome.reply, `no reply within ${expected[stage]} s`)
    })
  }
})
