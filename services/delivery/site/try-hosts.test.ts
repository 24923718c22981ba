import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { LookupsBusyError } from '../route/lookups-busy.ts'
import type { RouteHost } from '../route/route.ts'
import { envelopeTo } from '../../../test/support/envelope.ts'
import type { SmtpConnection } from '../transaction/connection.ts'
import { ConnectionBrokenError, SessionRefusedError, forAll } from '../transaction/outcome.ts'
import type { SeriesResult } from '../transaction/series.ts'
import { HostMemory } from './host-memory.ts'
import { tryHosts } from './try-hosts.ts'
import type { HostTrial, Tried } from './try-hosts.ts'

const ENVELOPE = envelopeTo(['kim@remote.test'])

const host = (name: string, preference = 0): RouteHost => ({ name, port: 25, preference, reach: 'public' })

/** How a host behaves; by default it takes the message. */
type Way =
  | 'takes'
  | 'down'
  | 'silent'
  | 'no-path'
  | 'no-descriptors'
  | 'too-small'
  | 'no-address'
  | 'is-us'
  | 'busy'
  | `greets ${string}`
  | `answers ${string}`

let ways: Map<string, Way>
/** Addresses that were connected to, with the time given in seconds, in their order. */
let opened: string[]
let lookedUp: string[]
let closed: string[]
let memory: HostMemory
let now: number
let idle: SmtpConnection[]
let whileOpening: () => unknown

beforeEach(() => {
  ways = new Map()
  opened = []
  lookedUp = []
  closed = []
  idle = []
  whileOpening = () => undefined
  now = 1000
  memory = new HostMemory(() => now)
})

/** The addresses of a host are its name and a number. */
const nameOf = (address: string): string => address.replace(/#.*/, '')

function connection(address: string, dies = false): SmtpConnection {
  const size = ways.get(nameOf(address)) === 'too-small' ? 1 : undefined
  return {
    dialogue: {
      usable: true,
      end: () => closed.push(`bye ${address}`),
      destroy: () => closed.push(`cut ${address}`),
    },
    capabilities: { size },
    remote: { host: nameOf(address), address, tls: null, dsn: false },
    peer: address,
    used: dies ? 99 : 0,
  } as unknown as SmtpConnection
}

function open(address: string, connectMs: number): SmtpConnection {
  opened.push(`${address} ${connectMs / 1000}`)
  whileOpening()
  const way = ways.get(nameOf(address)) ?? 'takes'
  const broken = (code: string) => new ConnectionBrokenError(code, 'connect', `${address}: ${way}`)
  if (way === 'down') throw broken('ECONNREFUSED')
  if (way === 'silent') throw broken('TIMEOUT')
  if (way === 'no-path') throw broken('ENETUNREACH')
  if (way === 'no-descriptors') throw broken('EMFILE')
  if (way.startsWith('greets ')) {
    const text = way.slice(7)
    throw new SessionRefusedError({ code: Number(text.slice(0, 3)), text, lines: [text] }, 'greeting')
  }
  return connection(address)
}

function send(over: SmtpConnection): SeriesResult {
  const way = ways.get(over.remote.host) ?? 'takes'
  const { recipients } = ENVELOPE
  const common = { reusable: true, connection: over, progressed: false }
  if (over.used === 99) {
    const result = { result: 'failed', reply: 'closed', errorCode: 'CLOSED', stage: 'mail' } as const
    return { ...common, begun: false, outcome: { recipients: forAll(recipients, result) } }
  }
  const result = way.startsWith('answers ')
    ? ({ result: 'refused', reply: way.slice(8), stage: 'rcpt' } as const)
    : ({ result: 'delivered', reply: `250 ${over.remote.host}`, stage: 'final' } as const)
  return { ...common, begun: true, outcome: { recipients: forAll(recipients, result) } }
}

function attempt(hosts: RouteHost[], given: { attempt?: number; addresses?: number } = {}): Promise<Tried> {
  const trial: HostTrial = {
    hosts,
    envelope: ENVELOPE,
    attempt: given.attempt ?? 0,
    slot: {
      takeIdle: (fits) => {
        const found = idle.find(fits)
        if (found !== undefined) idle = idle.filter((each) => each !== found)
        return found
      },
      opening: () => undefined,
      hosts: memory,
    },
    connectMs: 30_000,
    addressesOf: (of) => {
      lookedUp.push(of.name)
      const way = ways.get(of.name)
      if (way === 'no-address') return Promise.resolve({ reply: '550 5.4.4 no address' })
      if (way === 'is-us') return Promise.resolve({ reply: '554 5.4.6 loops', loops: true })
      if (way === 'busy') return Promise.resolve({ reply: '451 4.4.3 busy', busy: true })
      const count = given.addresses ?? 1
      const candidates = Array.from({ length: count }, (_, at) => ({ host: of, address: `${of.name}#${at}` }))
      return Promise.resolve({ host: of, candidates })
    },
    open: ({ address }, connectMs) => Promise.resolve().then(() => open(address, connectMs)),
    send: (over) => Promise.resolve(send(over)),
    now: () => now,
  }
  return tryHosts(trial)
}

const said = ({ outcome }: Tried): string | undefined => outcome.recipients[0]?.reply
const names = (): string[] => opened.map((each) => nameOf(each))

describe('the message goes', () => {
  test('to the best host, and the others are not even looked up', async () => {
    const tried = await attempt([host('a'), host('b', 1)])
    assert.deepEqual([said(tried), opened, lookedUp, tried.finding], ['250 a', ['a#0 5'], ['a'], 'works'])
    assert.equal(tried.connection?.remote.host, 'a')
  })

  test('to the next one when a host is down, greets with a refusal, or refuses it for now', async () => {
    for (const way of ['down', 'silent', 'greets 554 no', 'answers 451 later', 'too-small', 'no-address'] as const) {
      ways.set('a', way)
      memory = new HostMemory(() => now)
      assert.equal(said(await attempt([host('a'), host('b', 1)])), '250 b', way)
    }
  })

  test('nowhere else when a host refuses it for good', async () => {
    ways.set('a', 'answers 550 5.1.1 unknown')
    assert.equal(said(await attempt([host('a'), host('b', 1)])), '550 5.1.1 unknown')
  })

  test('to no host that comes after this platform itself', async () => {
    ways.set('a', 'is-us')
    const tried = await attempt([host('a'), host('b', 1)])
    assert.deepEqual([said(tried), opened, tried.outcome.recipients[0]?.retry], ['554 5.4.6 loops', [], undefined])
  })

  test('to a host before this platform in every attempt, and never to one behind it', async () => {
    ways.set('us', 'is-us')
    ways.set('a', 'answers 450 later')
    for (const count of [0, 1, 2]) {
      opened = []
      await attempt([host('a'), host('us', 1), host('z', 2)], { attempt: count })
      assert.deepEqual(names(), ['a'], String(count))
    }
  })

  test('over an idle connection where there is one, also that of an equal', async () => {
    idle = [connection('a#1')]
    assert.equal(said(await attempt([host('a')], { addresses: 2 })), '250 a')
    assert.deepEqual(opened, [])
  })

  test('over a new connection when the idle one was closed meanwhile, with the whole attempt still before it', async () => {
    idle = [connection('a#0', true)]
    assert.equal(said(await attempt([host('a')])), '250 a')
    assert.deepEqual([opened, closed], [['a#0 30'], ['cut a#0']])
  })

  test('over no idle connection of a worse host', async () => {
    idle = [connection('b#0')]
    assert.equal(said(await attempt([host('a'), host('b', 1)])), '250 a')
  })
})

describe('a connection', () => {
  test('has little time while another address is left, and the whole time at the last', async () => {
    for (const name of ['a', 'b']) ways.set(name, 'silent')
    await attempt([host('a'), host('b', 1)])
    assert.deepEqual(opened, ['a#0 5', 'b#0 30'])
    opened = []
    // Both are known to be down now.
    await attempt([host('a'), host('b', 1)])
    assert.deepEqual(opened, ['a#0 5', 'b#0 30'])
  })

  test('has the whole time at the last address of a later attempt, too', async () => {
    for (const name of ['a', 'b']) ways.set(name, 'silent')
    await attempt([host('a'), host('b', 1)], { attempt: 1 })
    assert.deepEqual(opened, ['a#0 5', 'b#0 30'])
  })

  test('that was hurried is tried again with the whole time, when those after it have no address', async () => {
    ways.set('a', 'silent')
    ways.set('b', 'no-address')
    await attempt([host('a'), host('b', 1)])
    assert.deepEqual(opened, ['a#0 5', 'a#0 30'])
  })

  test('is made five times in an attempt at most, and what remains is tried later', async () => {
    ways.set('a', 'greets 554 no')
    const tried = await attempt([host('a')], { addresses: 9 })
    assert.equal(opened.length, 5)
    assert.equal(tried.outcome.recipients[0]?.retry, true)
  })

  test('that no packet left for does not count among the five', async () => {
    ways.set('a', 'no-path')
    assert.equal(said(await attempt([host('a'), host('b', 1)], { addresses: 9 })), '250 b')
    assert.equal(opened.length, 10)
  })

  test('is not begun when five minutes are over', async () => {
    for (const [passed, expected] of [
      [5 * 60_000, ['a', 'b']],
      [5 * 60_000 + 1, ['a']],
    ] as const) {
      opened = []
      ways.set('a', 'down')
      memory = new HostMemory(() => now)
      whileOpening = () => (now += passed)
      await attempt([host('a'), host('b', 1)])
      assert.deepEqual(names(), expected)
    }
  })
})

describe('hosts of one preference', () => {
  test('are asked twice at most to take a message that they refuse for now', async () => {
    const equals = ['a', 'b', 'c', 'd']
    for (const name of equals) ways.set(name, 'answers 450 greylisted')
    assert.equal(said(await attempt(equals.map((name) => host(name)))), '450 greylisted')
    assert.equal(opened.length, 2)
  })

  test('do not use up the turns of the next preference', async () => {
    const equals = ['a', 'b', 'c']
    for (const name of equals) ways.set(name, 'answers 450 greylisted')
    assert.equal(said(await attempt([...equals.map((name) => host(name)), host('z', 1)])), '250 z')
  })

  test('come in an order that the message decides, the same each time', async () => {
    const equals = ['a', 'b', 'c', 'd', 'e'].map((name) => host(name))
    await attempt(equals)
    const [first] = names()
    await attempt(equals.toReversed())
    assert.equal(names()[1], first)
  })

  test('have their turns one after the other over the attempts', async () => {
    const equals = Array.from({ length: 5 }, (_, at) => host(`host${at}`))
    for (const { name } of equals) ways.set(name, 'answers 450 greylisted')
    for (let count = 0; count < 3; count++) await attempt(equals, { attempt: count })
    assert.equal(new Set(names()).size, 5)
  })
})

describe('what is known of an address', () => {
  test('that was down a moment ago comes after the others, and no later when it rests', async () => {
    ways.set('a', 'down')
    await attempt([host('a'), host('b', 1)])
    await attempt([host('a'), host('b', 1)])
    assert.deepEqual(names(), ['a', 'b', 'b'])
    now += 16_000
    await attempt([host('a'), host('b', 1)])
    assert.deepEqual(names().slice(3), ['a', 'b'])
  })

  test('is learned from a connection that was not made, but not from a refusal or a fault of this machine', async () => {
    for (const [way, expected] of [
      ['down', true],
      ['no-descriptors', false],
      ['answers 450 later', false],
      ['too-small', false],
    ] as const) {
      memory = new HostMemory(() => now)
      ways.set('a', way)
      await attempt([host('a')])
      assert.equal(memory.isDown('a#0'), expected, way)
    }
  })

  test('says something of the site when no host let us in', async () => {
    ways.set('a', 'down')
    assert.deepEqual((await attempt([host('a')])).finding, { unreachable: 'a#0: down' })
    ways.set('a', 'no-descriptors')
    assert.equal((await attempt([host('a')])).finding, 'unknown')
  })
})

test('an attempt for which nothing could be looked up is none', async () => {
  ways.set('a', 'busy')
  await assert.rejects(attempt([host('a')]), LookupsBusyError)
  ways.set('b', 'down')
  assert.equal(said(await attempt([host('a'), host('b', 1)])), 'b#0: down')
})

test('a host that is too small for the message refuses it for good when it is the only one', async () => {
  ways.set('a', 'too-small')
  const { outcome } = await attempt([host('a')])
  assert.match(outcome.recipients[0]?.reply ?? '', /^552 5\.3\.4 /)
  assert.deepEqual([outcome.recipients[0]?.retry, closed], [undefined, []])
})

test('each connection is ended but the last one, which carries another message', async () => {
  ways.set('a', 'answers 450 later')
  const tried = await attempt([host('a'), host('b', 1)])
  assert.deepEqual([closed, tried.connection?.remote.host], [['bye a#0'], 'b'])
})
