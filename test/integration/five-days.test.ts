import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { AttemptEvent } from '@postrider/queue/event'
import type { MessageAnswer } from '@postrider/message-log/messages'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { policy } from '../support/manifest.ts'

/** The default schedule on a faster clock, so that five days are 30 s. With POSTRIDER_LONG=1 an hour is a second: 120 s. */
const HOUR_MS = process.env['POSTRIDER_LONG'] === '1' ? 1000 : 250
const RETRY = { firstMs: Math.ceil(HOUR_MS / 12), capMs: 4 * HOUR_MS, jitter: 0.1, lifetimeMs: 120 * HOUR_MS }

/** An attempt may come so much after its planned time. The broker looks at its schedules every 250 ms to 1 s, the rest
 * is for a machine that does other things too; at the real pace it is nothing. Milliseconds. */
const LATE_MS = 10_000
/** The time of an attempt is the broker's as the worker reads it, which is wrong by what a reading's answer takes on its way
 * (lib/clock/platform-time.ts). Milliseconds. */
const CLOCK_MS = 100
/** The one attempt that waited while the broker was dead, restarted and was connected to again. Milliseconds. */
const LATE_AFTER_CRASH_MS = 30_000

let sender: Receiver
let platform: TestPlatform

before(async () => {
  sender = await startReceiver()
  const route = (domain: string, port: number) =>
    policy(domain.replace('.', '-'), [domain], { host: '127.0.0.1', port })
  platform = await startPlatform({
    platform: {
      retry: {
        firstDelay: `${RETRY.firstMs}ms`,
        maxDelay: `${RETRY.capMs}ms`,
        jitterPercent: 100 * RETRY.jitter,
        lifetime: `${RETRY.lifetimeMs}ms`,
      },
      notices: { delayedAfter: `${4 * HOUR_MS}ms` },
    },
    documents: [route('sender.test', sender.port), route('dead.test', await freePort())],
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await sender.close()
})

const attemptsOf = ({ story }: MessageAnswer): AttemptEvent[] => story.filter((event) => event.type === 'attempt')
const notices = (action: string): string[] =>
  sender.mails.map(({ content }) => content).filter((content) => content.includes(`\r\nAction: ${action}\r\n`))
test('a dead destination is tried at the planned times for five days, across a crash of the broker, then bounces once', async (t) => {
  const id = await platform.submit({ to: 'kim@dead.test', subject: 'to nobody' })

  await pause(RETRY.lifetimeMs / 2)
  const crashedAt = Date.now()
  const { broker = 0 } = await platform.pids()
  process.kill(broker, 'SIGKILL')
  await eventually(async () => {
    const { broker: restarted } = await platform.pids()
    assert.ok(restarted !== undefined && restarted !== broker)
  })

  await pause(RETRY.lifetimeMs / 2 - (Date.now() - crashedAt))
  await eventually(() => assert.equal(notices('failed').length, 1), 30_000)
  const message = await eventually(async () => {
    const answer = await platform.message(id)
    assert.equal(answer.recipients[0]?.state, 'failed')
    return answer
  })
  const acceptedAt = message.envelope?.acceptedAt ?? 0
  const attempts = attemptsOf(message)
  const deadline = acceptedAt + RETRY.lifetimeMs

  await t.test('each attempt is made and counted once', () => {
    assert.deepEqual(
      attempts.map(({ attempt }) => attempt),
      Array.from(attempts, (_, index) => index + 1),
    )
    assert.equal(message.recipients[0]?.attempts, attempts.length)
    // 36 when nothing is late; the broker's tick takes away some at this pace.
    assert.ok(attempts.length >= 12 && attempts.length <= 40, `${attempts.length} attempts`)
  })

  await t.test('each gap is planned as the schedule says, within jitter', () => {
    for (const { attempt, at, nextAt } of attempts.slice(0, -1)) {
      assert.ok(nextAt !== undefined, `attempt ${attempt} plans the next one`)
      const gap = Math.min(RETRY.capMs, RETRY.firstMs * 2 ** (attempt - 1))
      const earliest = Math.min(at + Math.floor(gap * (1 - RETRY.jitter)), deadline)
      const latest = Math.min(at + Math.ceil(gap * (1 + RETRY.jitter)), deadline)
      assert.ok(nextAt >= earliest && nextAt <= latest, `after attempt ${attempt}: ${nextAt - at} ms for ${gap} ms`)
    }
  })

  await t.test('none is early, none is unreasonably late', () => {
    const late = attempts.slice(1).map(({ at }, index) => at - (attempts[index]?.nextAt ?? NaN))
    t.diagnostic(`lateness in ms: ${late.join(' ')}`)
    for (const [index, ms] of late.entries()) {
      const { at } = attempts[index + 1] ?? { at: 0 }
      const crashed = at > crashedAt && at - ms < crashedAt + LATE_AFTER_CRASH_MS
      assert.ok(ms >= -CLOCK_MS, `attempt ${index + 2} was ${-ms} ms early`)
      assert.ok(ms <= (crashed ? LATE_AFTER_CRASH_MS : LATE_MS), `attempt ${index + 2} was ${ms} ms late`)
    }
  })

  await t.test('the last attempt is made when the lifetime is over, and says so', () => {
    const last = attempts.at(-1)
    assert.ok(last !== undefined && last.at >= deadline - CLOCK_MS)
    assert.equal(last.nextAt, undefined)
    assert.equal(last.outcomes[0]?.status, '4.4.1')
    assert.equal(last.outcomes[0].state, 'failed')
  })

  await t.test('the submitter hears once that it is delayed and once that it failed', async () => {
    // Whoever tells twice does so within some turns of the notifier.
    await pause(2000)
    const [delayed, failed, ...more] = sender.mails
    assert.ok(delayed !== undefined && failed !== undefined && more.length === 0)
    for (const notice of [delayed, failed]) {
      assert.equal(notice.from, '')
      assert.deepEqual(notice.to, ['app@sender.test'])
      assert.match(notice.content, /^Final-Recipient: rfc822; ?kim@dead\.test\r$/m)
    }
    assert.match(delayed.content, /^Action: delayed\r$/m)
    assert.match(delayed.content, /^Status: 4\.4\.\d\r$/m)
    const until = /^Will-Retry-Until: (.*)\r$/m.exec(delayed.content)?.[1] ?? ''
    assert.ok(Math.abs(Date.parse(until) - deadline) < 1000, `${until} for ${new Date(deadline).toUTCString()}`)
    assert.ok(delayed.endedAt >= acceptedAt + 4 * HOUR_MS - CLOCK_MS)
    assert.match(failed.content, /^Action: failed\r$/m)
    assert.match(failed.content, /^Status: 4\.4\.1\r$/m)
    assert.ok(failed.endedAt >= deadline - CLOCK_MS)
  })
})
