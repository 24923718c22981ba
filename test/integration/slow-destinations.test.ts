import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createTransport } from 'nodemailer'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { PlatformOptions, TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { policy } from '../support/manifest.ts'

/** The machine may be busy with other tests. */
const PATIENTLY = 120_000
const TARPITS = 25

/** Submits all of them over a few connections. */
async function submit(platform: TestPlatform, recipients: string[]): Promise<string[]> {
  const transport = createTransport({ host: '127.0.0.1', port: platform.ports.relay, ignoreTLS: true, pool: true })
  const ids = await Promise.all(
    recipients.map(async (to) => {
      const { response } = await transport.sendMail({ from: 'app@sender.test', to, subject: 'test', text: 'hello' })
      return /queued as (\w+)/.exec(response)?.[1] ?? ''
    }),
  )
  transport.close()
  return ids
}

async function start(options: PlatformOptions): Promise<TestPlatform> {
  // A small capacity takes few messages to fill.
  process.env['POSTRIDER_JOBS_A_STREAM'] = '16'
  try {
    return await startPlatform({ relay: true, ...options })
  } finally {
    delete process.env['POSTRIDER_JOBS_A_STREAM']
  }
}

const addresses = (count: number, domain: string): string[] =>
  Array.from({ length: count }, (_, n) => `n${n}@${domain}`)
const mailsTo = ({ mails }: Receiver, domain: string): number =>
  mails.filter(({ to }) => to.some((address) => address.endsWith(`@${domain}`))).length

describe('destinations that hang', () => {
  let platform: TestPlatform
  let tarpits: Receiver
  let good: Receiver

  before(async () => {
    // Each tarpit has an address of its own, so each is a site; all of them are silent from the start.
    tarpits = await startReceiver({ host: '0.0.0.0', script: { greeting: { then: 'hang' } } })
    good = await startReceiver()
    platform = await start({
      documents: [
        policy('good', ['good.test', 'late.test'], good),
        ...Array.from({ length: TARPITS }, (_, n) =>
          policy(`tarpit${n}`, [`tarpit${n}.test`], { host: `127.0.1.${n + 1}`, port: tarpits.port }),
        ),
      ],
    })
  })
  after(async () => {
    await tarpits.close()
    await platform.stop()
    platform.remove()
    await good.close()
  })

  test('hold no more than a connection each, and everybody else is served', async () => {
    await submit(platform, Array.from({ length: TARPITS }, (_, n) => addresses(10, `tarpit${n}.test`)).flat())
    await eventually(() => assert.ok(tarpits.open() > 0), PATIENTLY)
    await submit(platform, addresses(100, 'good.test'))
    await eventually(() => assert.equal(mailsTo(good, 'good.test'), 100), PATIENTLY)
    // All of them have their turn, none more than one, while none ever answers.
    await eventually(() => assert.equal(tarpits.open(), TARPITS), PATIENTLY)
    await submit(platform, addresses(20, 'good.test'))
    await eventually(() => assert.equal(mailsTo(good, 'good.test'), 120), PATIENTLY)
    assert.equal(tarpits.open(), TARPITS)
    assert.equal(tarpits.mails.length, 0)
    assert.match(await platform.metrics('delivery'), /^postrider_delivery_slow_attempts [1-9]/m)
  })

  test('do not keep a destination waiting that mail goes to for the first time', async () => {
    await submit(platform, addresses(20, 'late.test'))
    await eventually(() => assert.equal(mailsTo(good, 'late.test'), 20), PATIENTLY)
    assert.equal(tarpits.open(), TARPITS)
  })
})

describe('a destination that is down', () => {
  let platform: TestPlatform
  let remote: Receiver
  let answering = true

  const open = async (port = 0): Promise<Receiver> =>
    startReceiver({
      port,
      script: ({ stage }) => (stage === 'rcpt' && !answering ? '452 4.2.2 mailbox full' : undefined),
    })
  /** How many are in the queue still, by the number of their attempts. */
  const attempts = async (destination: string): Promise<Record<number, number>> => {
    const counts: Record<number, number> = {}
    for (const one of (await platform.queue('--destination', destination)).recipients)
      counts[one.attempts] = (counts[one.attempts] ?? 0) + 1
    return counts
  }

  before(async () => {
    remote = await open()
    platform = await start({
      platform: { retry: { firstDelay: '1h', maxDelay: '1h', lifetime: '5d' } },
      routeTo: remote,
    })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await remote.close()
  })

  test('takes its mail soon after it is back, and waiting for that was not an attempt', async () => {
    const { port } = remote
    await remote.close()
    await submit(platform, addresses(20, 'down.test'))
    await eventually(async () => {
      assert.match(await platform.metrics('delivery'), /^postrider_postponed_jobs_total [1-9]\d/m)
    }, PATIENTLY)
    const { 0: waiting = 0, ...tried } = await attempts('down.test')
    assert.ok(waiting >= 10, `${waiting} of 20 wait, ${JSON.stringify(tried)} were tried while it was down`)
    remote = await open(port)
    // Those that were tried wait for an hour. A few more probes may have failed meanwhile.
    await eventually(async () => {
      const { 0: left = 0, 1: deferred = 0 } = await attempts('down.test')
      assert.deepEqual([left, mailsTo(remote, 'down.test')], [0, 20 - deferred])
      assert.ok(deferred < 15)
    }, PATIENTLY)
    await platform.cli('queue', 'cancel', '--destination', 'all')
  })

  test('takes all its mail when an operator retries it', async () => {
    answering = false
    await submit(platform, addresses(60, 'retry.test'))
    await eventually(async () => {
      const { recipients } = await platform.queue('--destination', 'retry.test')
      assert.equal(recipients.filter(({ state }) => state === 'deferred').length, 60)
    }, PATIENTLY)
    const { port } = remote
    await remote.close()
    // These find out that it is down, so that it rests.
    await submit(platform, addresses(10, 'other.test'))
    await eventually(async () => {
      const { recipients } = await platform.queue('--destination', 'other.test')
      assert.ok(recipients.filter(({ state }) => state === 'deferred').length >= 3)
    }, PATIENTLY)
    answering = true
    remote = await open(port)
    assert.match(await platform.cli('queue', 'retry', '--destination', 'retry.test'), /60 waiting jobs/)
    await eventually(() => assert.equal(mailsTo(remote, 'retry.test'), 60), PATIENTLY)
  })
})

describe('mail to a destination that stays down', () => {
  let platform: TestPlatform
  let sender: Receiver

  before(async () => {
    const gone = await startReceiver()
    await gone.close()
    sender = await startReceiver()
    platform = await start({
      platform: {
        retry: { firstDelay: '1h', maxDelay: '1h', lifetime: '25s' },
        notices: { delayedAfter: '3s' },
      },
      documents: [policy('gone', ['gone.test'], gone), policy('sender', ['sender.test'], sender)],
    })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await sender.close()
  })

  test('is reported as delayed, and bounces when it expires, with the reason', async () => {
    await submit(platform, addresses(12, 'gone.test'))
    const about = (words: RegExp): number => sender.mails.filter(({ content }) => words.test(content)).length
    await eventually(() => assert.equal(about(/^Action: delayed/m), 12), PATIENTLY)
    await eventually(() => assert.equal(about(/^Action: failed/m), 12), PATIENTLY)
    const bounces = sender.mails.filter(({ content }) => /^Action: failed/m.test(content))
    // The host did not answer (RFC 3463, 3.5), and nobody else said anything.
    assert.ok(bounces.every(({ content }) => /^Status: 4\.4\.1\r$/m.test(content)))
    assert.ok(bounces.every(({ content }) => /refused/i.test(content)))
  })
})
