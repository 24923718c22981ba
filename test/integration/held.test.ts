import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { parse } from 'yaml'
import type { Decided, HeldAnswer } from '@postrider/message-log/review'
import { openAsOwner } from '../support/owner.ts'
import { HELD } from '@postrider/broker/names'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { rspamdMissing, startRspamd } from '../support/rspamd.ts'
import type { Daemon } from '../support/clamd.ts'

describe('held mail', { skip: rspamdMissing() }, () => {
  let remote: Receiver
  let rspamd: Daemon
  let platform: TestPlatform

  before(async () => {
    ;[remote, rspamd] = await Promise.all([startReceiver(), startRspamd()])
    platform = await startPlatform({
      routeTo: remote,
      platform: { scanning: scanning('7d') },
    })
  })
  after(async () => {
    await platform.stop()
    platform.remove()
    await Promise.all([rspamd.stop(), remote.close()])
  })

  const scanning = (holdFor: string) => ({ holdFor, rspamd: { url: `http://${rspamd.address}`, holdScore: 4 } })
  /** Held for its points. */
  const hold = (mail: Record<string, unknown> = {}): Promise<string> =>
    platform.submit({ to: 'kim@remote.test', subject: 'points 5', ...mail })
  const heldIds = async (): Promise<string[]> => {
    const { messages } = JSON.parse(await platform.cli('queue', 'held', 'ls', '--json')) as HeldAnswer
    return messages.map(({ envelope }) => envelope.id)
  }
  const isHeld = (id: string) => eventually(async () => assert.ok((await heldIds()).includes(id)))
  const arrived = (marker: string) => remote.mails.filter(({ content }) => content.includes(marker))

  async function recordsLeft(): Promise<number> {
    const broker = await openAsOwner(platform.state, platform.ports.broker)
    try {
      return (await broker.jsm.streams.info(HELD)).state.messages
    } finally {
      await broker.close()
    }
  }

  test('a held message has its 250, is shown with its reason and not delivered', async () => {
    const id = await hold({ text: 'marker-shown' })
    assert.match(id, /^\w{17}$/)
    await isHeld(id)
    // One that is not held, later, has arrived: delivery has had its chance.
    await platform.submit({ to: 'kim@remote.test', text: 'marker-later' })
    await eventually(() => assert.equal(arrived('marker-later').length, 1))
    assert.equal(arrived('marker-shown').length, 0)
    assert.deepEqual((await platform.queue('--domain', 'sender.test')).recipients, [])

    assert.match(
      await platform.cli('queue', 'held', 'ls'),
      new RegExp(`${id} .*kim@remote.test .*rspamd: spam \\(5.0 points`),
    )
    const shown = await platform.cli('queue', 'held', 'show', id)
    assert.match(shown, /held .* by rspamd: spam \(5\.0 points, limit 15\): POINTS/)
    assert.match(shown, /^Subject: points 5$/m)
    assert.doesNotMatch(shown, /marker-shown/)
    assert.match(await platform.cli('queue', 'held', 'show', id, '--raw'), /^DKIM-Signature[^]*\r\n\r\nmarker-shown/)
    assert.match(await platform.cli('queue', 'show', id), /review +waiting for/)
  })

  test('release: into the queue once, with its signature, however often it is asked for', async () => {
    const text = `marker-release ${'x'.repeat(700)}\r\n`.repeat(1500)
    const id = await hold({ text })
    await isHeld(id)
    assert.match(await platform.cli('queue', 'held', 'release', id), /released/)
    await eventually(() => assert.equal(arrived('marker-release').length, 1), 30_000)
    assert.match(await platform.cli('queue', 'held', 'release', id), /was already released/)
    assert.match(await platform.cli('queue', 'held', 'delete', id), /was already released/)
    await eventually(async () => {
      const { recipients, envelope, held } = await platform.message(id)
      assert.deepEqual(
        recipients.map(({ state }) => state),
        ['delivered'],
      )
      assert.equal(held?.state, 'released')
      assert.ok(envelope && envelope.heldAt !== undefined && envelope.acceptedAt > envelope.heldAt)
    })
    assert.equal(arrived('marker-release').length, 1)
    assert.ok(!(await heldIds()).includes(id))
  })

  test('delete: erased, and no one is notified', async () => {
    for (const id of await heldIds()) await platform.cli('queue', 'held', 'delete', id)
    const id = await hold({ text: 'marker-deleted' })
    await isHeld(id)
    assert.match(await platform.cli('queue', 'held', 'delete', id), /deleted/)
    assert.deepEqual(await heldIds(), [])
    await eventually(async () => assert.equal(await recordsLeft(), 0))
    await assert.rejects(platform.cli('queue', 'held', 'show', id, '--raw'), /no longer exists/)
    assert.match(await platform.cli('queue', 'held', 'show', id), /review +deleted/)
    assert.match(await platform.cli('queue', 'held', 'release', id), /was already deleted/)
    await assert.rejects(platform.cli('queue', 'held', 'release', '0'.repeat(17)), { code: 1 })
    assert.equal(arrived('marker-deleted').length, 0)
    assert.equal(remote.mails.filter(({ from }) => from === '').length, 0)
  })

  test('a notifier that is killed in the middle of releases repeats none and loses none', async () => {
    const ids = await Promise.all(Array.from({ length: 40 }, (_, index) => hold({ text: `marker-kill-${index}-` })))
    await eventually(async () => assert.equal((await heldIds()).length, ids.length))
    const broker = await openAsOwner(platform.state, platform.ports.broker)
    const release = async (id: string): Promise<Decided> => {
      const reply = await broker.nc.request('log.decide', JSON.stringify({ id, decision: 'release' }), {
        timeout: 2000,
      })
      return reply.json<Decided>()
    }
    try {
      const { notifier } = await platform.pids()
      assert.ok(notifier)
      const asked = ids.map((id) => release(id).catch(() => undefined))
      // Some are through, one is at some step, the others are to come.
      await Promise.any(asked.slice(0, 5))
      process.kill(notifier, 'SIGKILL')
      const answers = await Promise.all(asked)
      assert.ok(answers.includes(undefined), 'the kill came in the middle')
      for (const id of ids) {
        await eventually(
          async () => assert.ok('done' in (await release(id)) || 'already' in (await release(id))),
          60_000,
        )
      }
    } finally {
      await broker.close()
    }
    await eventually(() => {
      for (const index of ids.keys()) assert.ok(arrived(`marker-kill-${index}-`).length > 0)
    }, 30_000)
    await eventually(async () => assert.equal(await recordsLeft(), 0))
    for (const index of ids.keys()) assert.equal(arrived(`marker-kill-${index}-`).length, 1, `message ${index}`)
  })

  test('a lost log is rebuilt, with what is held and what was decided', async () => {
    const [kept, gone] = [await hold({ text: 'marker-kept' }), await hold({ text: 'marker-gone' })]
    await isHeld(kept)
    await isHeld(gone)
    await platform.cli('queue', 'held', 'delete', gone)
    await platform.stop()
    rmSync(join(platform.state, 'log'), { recursive: true })
    await platform.restart()
    await eventually(async () => assert.deepEqual(await heldIds(), [kept]), 60_000)
    assert.match(await platform.cli('queue', 'held', 'show', gone), /review +deleted/)
    await platform.cli('queue', 'held', 'release', kept)
    await eventually(() => assert.equal(arrived('marker-kept').length, 1))
  })

  test('when nobody decides in time the message is deleted and its sender told, without its content', async () => {
    const id = await hold({ text: 'marker-expired', from: 'app@sender.test' })
    await isHeld(id)
    const file = join(platform.folder, 'platform.yaml')
    const documents = readFileSync(file, 'utf8')
      .split('---\n')
      .map((text) => parse(text) as { kind: string; spec: Record<string, unknown> })
    for (const { kind, spec } of documents) if (kind === 'MailPlatform') spec['scanning'] = scanning('100ms')
    platform.write('platform.yaml', documents)
    const notice = await eventually(() => {
      const found = remote.mails.find(({ from, content }) => from === '' && content.includes('held for review'))
      assert.ok(found)
      return found
    }, 30_000)
    assert.deepEqual(notice.to, ['app@sender.test'])
    assert.match(notice.content, /Status: 5\.7\.1/)
    assert.doesNotMatch(notice.content, /marker-expired/)
    await eventually(async () => assert.equal(await recordsLeft(), 0))
    assert.match(await platform.cli('queue', 'held', 'show', id), /not reviewed in time/)
  })
})
