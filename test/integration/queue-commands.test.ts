import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { manifest, policy } from '../support/manifest.ts'

const CLI = join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

let remote: Receiver
let platform: TestPlatform
/** Whether the remote takes mail; while it does not, mail waits an hour for its next attempt. */
let open = false

before(async () => {
  remote = await startReceiver({
    script: ({ stage }) => (stage === 'rcpt' && !open ? '452 4.2.2 mailbox full' : undefined),
  })
  platform = await startPlatform({
    routeTo: remote,
    platform: { retry: { firstDelay: '1h', maxDelay: '1h', lifetime: '5d' } },
    documents: [
      manifest('Domain', 'second', { domainName: 'second.test' }),
      manifest('SMTPCredential', 'zoe', { address: 'zoe@second.test', domainRef: { name: 'second' } }),
    ],
  })
})
after(async () => {
  await platform.stop()
  platform.remove()
  await remote.close()
})
beforeEach(() => {
  open = false
})

interface Said {
  code: number
  out: string
  err: string
}

/** Runs a command as a person would; never rejects. */
function postrider(state: string, ...args: string[]): Promise<Said> {
  return new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args, '--state', state], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}
const run = (...args: string[]) => postrider(platform.state, ...args)

/** Submits and waits until the first attempt is over and the message waits for its next. */
async function deferred(to: string | string[]): Promise<string> {
  const id = await platform.submit({ to })
  const count = [to].flat().length
  await eventually(async () => {
    const { recipients } = await platform.queue(id)
    assert.equal(recipients.filter(({ state }) => state === 'deferred').length, count)
  })
  return id
}

const states = async (id: string) =>
  Object.fromEntries((await platform.message(id)).recipients.map(({ address, state }) => [address, state]))
const arrived = (address: string) => remote.mails.filter(({ to }) => to.includes(address)).length

test('ls lists what waits, by id, sending domain and destination, and tells the words of the remote', async () => {
  const [kim, lee] = [await deferred('kim@one.test'), await deferred('lee@two.test')]
  const all = await run('queue', 'ls')
  assert.equal(all.code, 0)
  assert.match(
    all.out,
    new RegExp(`^${kim} .* kim@one\\.test .*deferred.* attempts 1 .*452 4\\.2\\.2 mailbox full`, 'm'),
  )
  assert.match(all.out, new RegExp(`^${lee} .* lee@two\\.test`, 'm'))
  assert.match(all.out, /\d+ queued, \d+ deferred, \d+ due/)
  const ids = async (...filters: string[]) => (await platform.queue(...filters)).recipients.map(({ id }) => id)
  assert.deepEqual(await ids(kim), [kim])
  assert.deepEqual(await ids('--destination', 'two.test'), [lee])
  assert.deepEqual(await ids('--destination', 'TWO.Test'), [lee])
  assert.deepEqual(await ids('--destination', 'all'), [kim, lee])
  assert.deepEqual(await ids('--domain', 'sender.test', '--destination', 'one.test'), [kim])
  assert.deepEqual(await ids('--domain', 'second.test'), [])
  assert.deepEqual((await ids('--limit', '1')).length, 1)
  assert.equal((await run('queue', 'cancel', '--destination', 'all')).code, 0)
})

test('show tells history of one message, from queue and from message alike', async () => {
  const id = await deferred('kim@show.test')
  const [queue, message] = [await run('queue', 'show', id), await run('message', 'show', id)]
  assert.equal(queue.code, 0)
  assert.equal(queue.out, message.out)
  assert.match(queue.out, /from +<app@sender\.test>, submitted by app@sender\.test/)
  assert.match(queue.out, /to +kim@show\.test +deferred after 1 attempt, next attempt \d{4}-.*452 4\.2\.2 mailbox full/)
  assert.match(queue.out, /attempt 1 at .*kim@show\.test deferred \(mailbox-full, rcpt\)/)
  assert.equal((await run('queue', 'cancel', id)).code, 0)
})

test('retry attempts one message at once, and no other', async () => {
  const id = await deferred('kim@retry.test')
  const other = await deferred('lee@retry.test')
  open = true
  const said = await run('queue', 'retry', id)
  assert.equal(said.code, 0)
  assert.match(said.out, new RegExp(`^${id} +retry\\.test +due now\n1 waiting job found`))
  await eventually(async () => assert.deepEqual(await states(id), { 'kim@retry.test': 'delivered' }))
  assert.equal(arrived('kim@retry.test'), 1)
  assert.equal((await platform.message(id)).recipients[0]?.attempts, 2)
  assert.deepEqual(await states(other), { 'lee@retry.test': 'deferred' })
  assert.equal((await run('queue', 'cancel', other)).code, 0)
})

test('retry that fails again leaves one job waiting, an hour later', async () => {
  const id = await deferred('kim@again.test')
  assert.equal((await run('queue', 'retry', id)).code, 0)
  await eventually(async () => assert.equal((await platform.queue(id)).recipients[0]?.attempts, 2))
  const { recipients } = await platform.queue(id)
  assert.equal(recipients[0]?.state, 'deferred')
  assert.ok((recipients[0].nextAt ?? 0) > Date.now() + 50 * 60_000)
  assert.match((await run('queue', 'cancel', id)).out, /1 waiting job found/)
})

test('retry by destination takes that part of a message alone; cancel by destination the rest, and no one is notified', async () => {
  const id = await deferred(['kim@part.test', 'lee@rest.test'])
  open = true
  assert.match((await run('queue', 'retry', '--destination', 'part.test')).out, /^1 waiting job found/m)
  await eventually(async () =>
    assert.deepEqual(await states(id), { 'kim@part.test': 'delivered', 'lee@rest.test': 'deferred' }),
  )
  const said = await run('queue', 'cancel', '--destination', 'rest.test')
  assert.equal(said.code, 0)
  assert.match(said.out, new RegExp(`^${id} +rest\\.test +cancelled\n1 waiting job found`))
  await eventually(async () =>
    assert.deepEqual(await states(id), { 'kim@part.test': 'delivered', 'lee@rest.test': 'cancelled' }),
  )
  assert.match((await run('message', 'show', id)).out, /cancelled for lee@rest\.test/)
  assert.equal(arrived('lee@rest.test'), 0)
  assert.equal(arrived('app@sender.test'), 0)
  assert.match((await run('queue', 'retry', id)).out, /^0 waiting jobs found/m)
})

test('retry and cancel by domain touch the mail of that sender alone', async () => {
  const id = await deferred('kim@both.test')
  assert.match((await run('queue', 'cancel', '--domain', 'second.test')).out, /^0 waiting jobs found/m)
  assert.deepEqual(await states(id), { 'kim@both.test': 'deferred' })
  assert.match((await run('queue', 'cancel', '--domain', 'sender.test')).out, new RegExp(`^${id} .*cancelled`, 'm'))
  await eventually(async () => assert.deepEqual(await states(id), { 'kim@both.test': 'cancelled' }))
  assert.equal((await platform.queue('--domain', 'sender.test')).recipients.length, 0)
})

test('what is settled has nothing to retry or cancel, and that is not an error', async () => {
  open = true
  const id = await platform.submit({ to: 'kim@settled.test' })
  await eventually(async () => assert.deepEqual(await states(id), { 'kim@settled.test': 'delivered' }))
  for (const verb of ['retry', 'cancel']) {
    const said = await run('queue', verb, id)
    assert.equal(said.code, 0)
    assert.match(said.out, /^0 waiting jobs found/)
  }
  assert.deepEqual((await platform.queue(id)).recipients, [])
})

test('an id that is not known is said to be unknown, with exit code 1', async () => {
  for (const command of [
    ['queue', 'show'],
    ['message', 'show'],
    ['queue', 'retry'],
    ['queue', 'cancel'],
  ]) {
    const said = await run(...command, '1nosuchmessage')
    assert.equal(said.code, 1, command.join(' '))
    assert.match(said.err, /^postrider: 1nosuchmessage is not known/)
    assert.equal(said.out, '')
  }
})

test('what is wrong with a command is one sentence and how to do it, with exit code 2', async () => {
  const wrong: [string[], RegExp][] = [
    [['queue', 'retry'], /give a queue id, --domain/],
    [['queue', 'cancel'], /give a queue id, --domain/],
    [['queue', 'show'], /give the queue id/],
    [['queue', 'ls', '--nonsense'], /--nonsense/],
    [['queue', 'ls', '--limit', 'many'], /--limit/],
    [['queue', 'ls', '--limit', '0'], /--limit/],
    [['queue', 'retry', 'an.id', '--domain', 'a.test'], /not a queue id/],
    [['queue', 'cancel', '*'], /not a queue id/],
    [['queue', 'retry', '1one', '2two'], /one queue id at a time/],
    [['queue', 'cancel', '>'], /not a queue id/],
    [['queue', 'flush'], /unknown command queue flush/],
    [[], /unknown command/],
  ]
  for (const [args, sentence] of wrong) {
    const said = await run(...args)
    assert.equal(said.code, 2, args.join(' '))
    assert.match(said.err, sentence, args.join(' '))
    assert.doesNotMatch(said.err, /^ +at /m, `${args.join(' ')} shows no stack`)
    assert.equal(said.out, '')
  }
})

test('a platform that was never started, or is stopped, is said to be that', async () => {
  const never = mkdtempSync(join(tmpdir(), 'postrider-never-'))
  const said = await postrider(never, 'queue', 'ls')
  assert.equal(said.code, 2)
  assert.match(said.err, new RegExp(`no platform has been started on ${never}; start one with: postrider up`))
  rmSync(never, { recursive: true })

  const id = await deferred('kim@stopped.test')
  await platform.stop()
  for (const args of [
    ['queue', 'ls'],
    ['message', 'show', id],
    ['queue', 'retry', id],
  ]) {
    const stopped = await run(...args)
    assert.equal(stopped.code, 2)
    assert.match(stopped.err, /the platform on .* is not running; start it with: postrider up/)
    assert.doesNotMatch(stopped.err, /^ +at /m)
  }
  await platform.restart()
  await eventually(async () => assert.equal((await platform.queue(id)).recipients[0]?.state, 'deferred'))
})

test('cancel reaches messages that were never attempted, and obeys --limit', async () => {
  // One connection, and a remote that leaves the first message without an answer: those behind it wait.
  const slow = await startReceiver({
    script: ({ stage, argument }) => (stage === 'rcpt' && argument.startsWith('first') ? { then: 'hang' } : undefined),
  })
  try {
    platform.write('slow.yaml', [policy('slow', ['slow.test'], slow, { connections: 1 })])
    await eventually(() => assert.match(platform.output(), /configuration applied/))
    const first = await platform.submit({ to: 'first@slow.test' })
    await eventually(() => assert.ok(slow.steps.some(({ stage }) => stage === 'rcpt')))
    const ids: string[] = []
    for (const name of ['b', 'c', 'd', 'e']) ids.push(await platform.submit({ to: `${name}@slow.test` }))
    const [b = '', c = '', d = '', e = ''] = ids
    await eventually(async () =>
      assert.equal((await platform.queue('--destination', 'slow.test')).recipients.length, 5),
    )

    const one = await run('queue', 'cancel', d)
    assert.match(one.out, new RegExp(`^${d}  slow\\.test  cancelled\n1 waiting job found`))
    assert.deepEqual(await states(d), { 'd@slow.test': 'cancelled' })
    assert.match((await run('queue', 'retry', c)).out, /waits for a free connection/)
    const limited = await run('queue', 'cancel', '--destination', 'slow.test', '--limit', '2')
    assert.match(limited.out, /2 waiting jobs found/)
    assert.deepEqual(
      (await platform.queue('--destination', 'slow.test')).recipients.map(({ id }) => id),
      [c, e],
    )

    await slow.close()
    const open = await startReceiver({ port: slow.port })
    try {
      // What failed with the connection waits for its retry.
      await eventually(async () => {
        await run('queue', 'retry', '--destination', 'slow.test')
        assert.deepEqual(
          [await states(c), await states(e)],
          [{ 'c@slow.test': 'delivered' }, { 'e@slow.test': 'delivered' }],
        )
      }, 60_000)
      assert.deepEqual(open.mails.map(({ to }) => to[0]).sort(), ['c@slow.test', 'e@slow.test'])
      for (const id of [first, b, d]) assert.deepEqual(Object.values(await states(id)), ['cancelled'])
    } finally {
      await open.close()
    }
  } finally {
    await slow.close()
  }
})
