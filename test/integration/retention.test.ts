import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'

const RETENTION_MS = 60_000

let remote: Receiver
let platform: TestPlatform

before(async () => {
  remote = await startReceiver({
    script: ({ stage, argument, attempt }) => {
      if (stage !== 'rcpt') return undefined
      if (argument.startsWith('full') && attempt < 4) return '452 4.2.2 mailbox full'
      return argument.startsWith('nobody') ? '550 5.1.1 no such user here' : undefined
    },
  })
  platform = await startPlatform({
    routeTo: remote,
    platform: { retry: { firstDelay: '500ms', maxDelay: '2s', lifetime: '5m' } },
    domain: { retention: `${RETENTION_MS / 1000}s` },
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await remote.close()
})

/** The files under a folder that hold these octets, whatever they are: broker blocks, SQLite, its log, text. */
function filesWith(marker: string, folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => contains(file, marker))
}

/** The broker and SQLite remove files while they work. */
function contains(file: string, marker: string): boolean {
  try {
    return readFileSync(file).includes(marker)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

const newMarker = (): string => `marker${randomBytes(12).toString('hex')}`
/** Plain lines, so that the marker is not hidden by an encoding; long enough for a record and several parts. */
const large = (marker: string): string =>
  Array.from({ length: 30_000 }, (_, n) => (n % 5000 === 0 ? marker : `line ${n} of a large message`)).join('\r\n')

test('content is in the state folder until its retention ends, and then nowhere; what happened can still be told', async (t) => {
  const cases = {
    delivered: { to: 'kim@remote.test', state: 'delivered', attempts: 1, marker: newMarker() },
    'delivered to several destinations': { to: 'lee@other.test', state: 'delivered', attempts: 1, marker: newMarker() },
    'bounced with its content in the notice': {
      to: 'nobody@remote.test',
      state: 'failed',
      attempts: 1,
      marker: newMarker(),
    },
    'large, in parts': { to: 'max@remote.test', state: 'delivered', attempts: 1, marker: newMarker() },
    'deferred, then delivered': { to: 'full@remote.test', state: 'delivered', attempts: 4, marker: newMarker() },
  }
  const ids = new Map<string, string>()
  const submittedAt = Date.now()
  for (const [name, { to, marker }] of Object.entries(cases)) {
    const text = name.startsWith('large') ? large(marker) : `before\r\n${marker}\r\nafter`
    const also = name.includes('several') ? ['ann@remote.test', to] : to
    ids.set(name, await platform.submit({ to: also, text, subject: 'about retention' }))
  }

  for (const [name, { marker }] of Object.entries(cases)) {
    const kept = filesWith(marker, platform.state)
    assert.ok(
      kept.some((file) => file.includes(join('broker', 'store'))),
      `${name}: the marker is stored`,
    )
  }
  // Seen from outside: to ask the platform takes a process each, and the clock runs.
  await eventually(() => {
    for (const [name, { state, to }] of Object.entries(cases)) {
      const seen = remote.mails.filter((mail) => mail.to.includes(to)).length
      assert.equal(seen, state === 'delivered' ? 1 : 0, name)
    }
    assert.ok(remote.mails.some(({ to }) => to.includes('app@sender.test')))
  }, 30_000)
  const settledAt = Date.now()
  const notice = remote.mails.find(({ to }) => to.includes('app@sender.test'))
  assert.ok(notice?.content.includes(cases['bounced with its content in the notice'].marker), 'the notice returns it')
  assert.ok(remote.mails.some(({ content }) => content.includes(cases['large, in parts'].marker)))

  await t.test('before its time nothing is deleted', async (t) => {
    await pause(submittedAt + RETENTION_MS * 0.8 - Date.now())
    const missing = Object.values(cases).filter(({ marker }) => filesWith(marker, platform.state).length === 0)
    // The first message's time can't be over before this; a machine that took longer to look has seen nothing.
    if (Date.now() >= submittedAt + RETENTION_MS) return t.skip('this machine is too slow to look in time')
    assert.deepEqual(missing, [])
  })

  await t.test('after its time no file of the state folder holds it', async () => {
    const withinMs = settledAt + RETENTION_MS + 30_000 - Date.now()
    await eventually(() => {
      for (const [name, { marker }] of Object.entries(cases)) {
        assert.deepEqual(filesWith(marker, platform.state), [], name)
      }
    }, withinMs)
  })

  await t.test('the placeholder tells the story', async () => {
    for (const [name, { to, state, attempts }] of Object.entries(cases)) {
      const id = ids.get(name) ?? ''
      const message = await platform.message(id)
      const recipient = message.recipients.find(({ address }) => address === to)
      assert.ok(message.found, name)
      assert.ok((message.erasedAt ?? 0) >= (message.settledAt ?? Infinity) + RETENTION_MS, name)
      assert.equal(message.envelope?.from, 'app@sender.test')
      assert.equal(recipient?.state, state)
      assert.equal(recipient.attempts, attempts)
      const words = await platform.cli('message', 'show', id)
      assert.match(words, /content +deleted \d{4}-/)
      assert.match(words, new RegExp(`attempt ${attempts} at .*${to}`))
    }
  })

  await t.test('nor does it come back with a restart', async () => {
    await platform.restart()
    for (const [name, { marker }] of Object.entries(cases)) {
      assert.deepEqual(filesWith(marker, platform.state), [], name)
    }
    const { found, erasedAt } = await platform.message(ids.get('large, in parts') ?? '')
    assert.ok(found && erasedAt)
  })
})
