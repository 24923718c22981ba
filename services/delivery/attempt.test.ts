import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { startMailWorld } from '../../test/support/mail-world.ts'
import type { Attempted, MailWorld } from '../../test/support/mail-world.ts'
import type { RecipientResult } from './transaction/outcome.ts'
import { selfSigned } from '../../test/support/self-signed.ts'
import { policyConfig } from '../../test/support/runtime-config.ts'
import type { Receiver } from '../../test/support/receiver/receiver.ts'
import type { Answer, Script, Stage } from '../../test/support/receiver/script.ts'

let world: MailWorld
beforeEach(async () => {
  world = await startMailWorld()
})
afterEach(() => world.stop())

/** The result of the only recipient. */
function only(outcome: Attempted): RecipientResult {
  assert.ok('recipients' in outcome, JSON.stringify(outcome))
  const [result] = outcome.recipients
  assert.ok(result !== undefined)
  return result
}

const seenBy = (receiver: Receiver): string[] => receiver.mails.flatMap(({ to }) => to)

/** Publishes MX records for a domain, best host first. Hosts in a nested list share one preference. */
function publish(domain: string, ...hosts: (string | string[])[]): void {
  world.mx.set(
    domain,
    hosts.flatMap((names, index) => [names].flat().map((name): [number, string] => [index * 10, name])),
  )
}

/** Starts a host with this name at a new address; it answers by the script. */
async function host(name: string, script?: Script): Promise<Receiver> {
  const receiver = await world.host({ script })
  world.addresses.set(name, [receiver.host])
  return receiver
}

/** In each case an attacker's domain lists the victim's host as its best MX and a host of its own as backup. A connection to the
 * attacker's host is then idle when mail for the victim is due, and must not carry that mail. */
describe("mail for a domain never goes to another domain's host", () => {
  const cases: [what: string, primary: (name: string) => Promise<Receiver | undefined>][] = [
    [
      'when the shared primary refuses connections',
      async (name) => {
        world.addresses.set(name, [world.deadAddress()])
        return undefined
      },
    ],
    ['when the shared primary greets with 421', (name) => host(name, { greeting: '421 4.3.2 busy' })],
    ['when the shared primary closes before its greeting', (name) => host(name, { greeting: { then: 'abrupt' } })],
    ['when the shared primary answers MAIL with 421', (name) => host(name, { mail: '421 4.3.2 busy' })],
  ]
  for (const [what, primary] of cases) {
    test(what, async () => {
      const shared = await primary('mx.victim.test')
      const attacker = await host('mx.attacker.test')
      const backup = await host('mx2.victim.test')
      publish('attacker.test', 'mx.victim.test', 'mx.attacker.test')
      publish('victim.test', 'mx.victim.test', 'mx2.victim.test')
      publish('lone.test', 'mx.victim.test')
      for (let count = 0; count < 4; count++) await world.attempt('eve@attacker.test')
      assert.equal(only(await world.attempt('kim@victim.test')).result, 'delivered')
      assert.notEqual(only(await world.attempt('kim@lone.test')).result, 'delivered')
      assert.deepEqual([...new Set(seenBy(attacker))], ['eve@attacker.test'])
      assert.deepEqual(seenBy(backup), ['kim@victim.test'])
      assert.deepEqual(shared === undefined ? [] : seenBy(shared), [])
    })
  }

  test('when TLS is required', async () => {
    const attacker = await host('mx.attacker.test')
    const shared = await host('mx.victim.test', { greeting: '421 4.3.2 busy' })
    publish('attacker.test', 'mx.victim.test', 'mx.attacker.test')
    publish('victim.test', 'mx.victim.test')
    world.policies.push(policyConfig({ domains: ['victim.test'], tls: 'required' }))
    await world.attempt('eve@attacker.test')
    assert.equal(only(await world.attempt('kim@victim.test')).result, 'refused')
    assert.deepEqual([seenBy(attacker), seenBy(shared)], [['eve@attacker.test'], []])
  })

  test('and a host that is down for one domain is still tried for another', async () => {
    world.addresses.set('mx.gone.test', [world.deadAddress()])
    publish('attacker.test', ['mx.gone.test', 'mx.victim.test'])
    publish('victim.test', 'mx.victim.test')
    world.addresses.set('mx.victim.test', [world.deadAddress()])
    for (let count = 0; count < 6; count++) await world.attempt('eve@attacker.test')
    const victim = await host('mx.victim.test')
    assert.equal(only(await world.attempt('kim@victim.test')).result, 'delivered')
    assert.deepEqual(seenBy(victim), ['kim@victim.test'])
  })
})

describe('an idle connection is used', () => {
  test('again for the same hosts', async () => {
    const one = await host('mx.a.test')
    publish('a.test', 'mx.a.test')
    publish('b.test', 'mx.a.test')
    await world.attempt('kim@a.test')
    await world.attempt('kim@b.test')
    assert.deepEqual([one.connections(), seenBy(one)], [1, ['kim@a.test', 'kim@b.test']])
  })

  test('for either of two equal hosts', async () => {
    const [one, two] = [await host('mx1.a.test'), await host('mx2.a.test')]
    publish('a.test', ['mx1.a.test', 'mx2.a.test'])
    for (let count = 0; count < 8; count++) await world.attempt('kim@a.test')
    assert.equal(one.connections() + two.connections(), 1)
  })

  test('not while a better host may be up', async () => {
    let refuses = true
    const best = await host('mx1.a.test', ({ stage }) => (stage === 'greeting' && refuses ? '421 busy' : undefined))
    const backup = await host('mx2.a.test')
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    await world.attempt('one@a.test')
    refuses = false
    await world.attempt('two@a.test')
    assert.deepEqual([seenBy(backup), seenBy(best)], [['one@a.test'], ['two@a.test']])
  })

  test('while the better host is known to be down, which is tried again after its rest', async () => {
    const address = world.deadAddress()
    world.addresses.set('mx1.a.test', [address])
    const backup = await host('mx2.a.test')
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    await world.attempt('one@a.test')
    const best = await world.host({ host: address })
    await world.attempt('two@a.test')
    assert.deepEqual([seenBy(best), backup.connections()], [[], 1])
    world.pass(60_000)
    await world.attempt('three@a.test')
    assert.deepEqual(seenBy(best), ['three@a.test'])
  })

  test('not for a host whose address has changed', async () => {
    const old = await host('mx.a.test')
    publish('a.test', 'mx.a.test')
    await world.attempt('one@a.test')
    const moved = await host('mx.a.test')
    await world.attempt('two@a.test')
    assert.deepEqual([seenBy(old), seenBy(moved)], [['one@a.test'], ['two@a.test']])
  })

  const changes: [what: string, change: () => void][] = [
    ["the pool's addresses", () => world.pools.set('p', { name: 'p', addresses: ['127.0.0.77'] })],
    ["the pool's EHLO name", () => world.pools.set('p', { name: 'p', addresses: [], ehloName: 'other.us.test' })],
    ['the host name', () => (world.platform.hostName = 'other.us.test')],
    ['the resolvers', () => (world.platform.resolvers = ['127.0.0.1:53'])],
    ['the policy', () => world.policies.unshift(policyConfig({ tls: 'off', pool: 'p' }))],
  ]
  for (const [what, change] of changes) {
    test(`not when ${what} changed meanwhile`, async () => {
      const remote = await host('mx.a.test')
      publish('a.test', 'mx.a.test')
      world.pools.set('p', { name: 'p', addresses: [] })
      world.policies.push(policyConfig({ pool: 'p' }))
      await world.attempt('one@a.test')
      change()
      await world.attempt('two@a.test')
      assert.deepEqual([remote.connections(), remote.mails.length], [2, 2])
    })
  }
})

describe('the next host is tried', () => {
  const said: [stage: Stage, answer: Answer][] = [
    ['greeting', '421 4.3.2 busy'],
    ['greeting', '554 5.7.1 no'],
    ['greeting', { then: 'abrupt' }],
    ['ehlo', '421 4.3.2 busy'],
    ['ehlo', { then: 'abrupt' }],
    ['mail', '451 4.3.0 later'],
    ['mail', '421 4.3.2 busy'],
    ['mail', { then: 'abrupt' }],
    ['rcpt', '450 4.2.0 greylisted'],
    ['rcpt', '421 4.3.2 busy'],
    ['rcpt', { then: 'abrupt' }],
  ]
  for (const [stage, answer] of said) {
    test(`after ${JSON.stringify(answer)} at ${stage}`, async () => {
      const first = await host('mx1.a.test', { [stage]: answer })
      const second = await host('mx2.a.test')
      publish('a.test', 'mx1.a.test', 'mx2.a.test')
      const outcome = await world.attempt('kim@a.test')
      assert.equal(only(outcome).result, 'delivered')
      assert.deepEqual([first.connections(), seenBy(second)], [1, ['kim@a.test']])
    })
  }

  test('after EHLO and HELO were refused', async () => {
    await host('mx1.a.test', { ehlo: '550 5.7.1 no', helo: '550 5.7.1 no' })
    const second = await host('mx2.a.test')
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    await world.attempt('kim@a.test')
    assert.deepEqual(seenBy(second), ['kim@a.test'])
  })

  test('when the message is too large for the first', async () => {
    const small = await world.host({ offers: ['SIZE 10'] })
    world.addresses.set('mx1.a.test', [small.host])
    const second = await host('mx2.a.test')
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    assert.equal(only(await world.attempt('kim@a.test', { size: 1000 })).result, 'delivered')
    assert.deepEqual([small.lines.filter((line) => line.startsWith('MAIL')), seenBy(second)], [[], ['kim@a.test']])
  })

  for (const stage of ['mail', 'rcpt'] as const) {
    test(`but not after 550 at ${stage}, which is permanent`, async () => {
      await host('mx1.a.test', { [stage]: '550 5.1.1 no such user' })
      const second = await host('mx2.a.test')
      publish('a.test', 'mx1.a.test', 'mx2.a.test')
      const result = only(await world.attempt('kim@a.test'))
      assert.deepEqual([result.reply, result.retry, second.connections()], ['550 5.1.1 no such user', undefined, 0])
    })
  }

  test('but not after content was sent', async () => {
    await host('mx1.a.test', { final: '451 4.3.0 later' })
    const second = await host('mx2.a.test')
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    assert.equal(only(await world.attempt('kim@a.test')).reply, '451 4.3.0 later')
    assert.equal(second.connections(), 0)
  })

  test('up to five addresses in one attempt; the next attempt continues with the sixth', async () => {
    const hosts: Receiver[] = []
    for (let count = 0; count < 9; count++) hosts.push(await world.host({ script: { greeting: '421 4.3.2 busy' } }))
    world.addresses.set(
      'mx.a.test',
      hosts.map(({ host: address }) => address),
    )
    publish('a.test', 'mx.a.test')
    const tried = (): number[] => hosts.flatMap((each, index) => (each.connections() > 0 ? [index] : []))
    await world.attempt('kim@a.test', { id: 'm' })
    assert.equal(tried().length, 5)
    await world.attempt('kim@a.test', { id: 'm', attempt: 1 })
    assert.equal(tried().length, 9)
  })

  test('but a message is offered to at most two equally good hosts that defer it', async () => {
    const names = ['mx1.a.test', 'mx2.a.test', 'mx3.a.test', 'mx4.a.test']
    const hosts = []
    for (const name of names) hosts.push(await host(name, { rcpt: '450 4.2.0 greylisted' }))
    const backup = await host('backup.a.test')
    publish('a.test', names, 'backup.a.test')
    assert.equal(only(await world.attempt('kim@a.test')).result, 'delivered')
    assert.equal(hosts.filter((each) => each.connections() > 0).length, 2)
    assert.deepEqual(seenBy(backup), ['kim@a.test'])
  })
})

test('each of several equally good hosts is tried in some attempt, however often the others defer the message', async () => {
  const names = ['mx1.a.test', 'mx2.a.test', 'mx3.a.test', 'mx4.a.test']
  publish('a.test', names)
  const hosts = []
  for (const name of names) hosts.push(await host(name, { rcpt: '450 4.2.0 greylisted' }))
  for (let attempt = 0; attempt < 4; attempt++) await world.attempt('kim@a.test', { id: 'm', attempt })
  assert.ok(hosts.every((each) => each.connections() > 0))
})

describe('an attempt in which no host accepted the message', () => {
  test('is temporary when one host may accept it later, whatever the reply of a backup', async () => {
    world.addresses.set('mx1.a.test', [world.deadAddress()])
    await host('mx2.a.test', { greeting: '554 5.7.1 no' })
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    const { reply, retry } = only(await world.attempt('kim@a.test'))
    assert.deepEqual([reply, retry], ['554 5.7.1 no', true])
  })

  test('does not try a host twice that answered, when the next one has no address', async () => {
    const one = await host('mx.a.test', { greeting: '421 4.3.2 not now' })
    publish('a.test', 'mx.a.test', 'none.a.test')
    assert.equal(only(await world.attempt('kim@a.test')).reply, '421 4.3.2 not now')
    assert.equal(one.connections(), 1)
  })

  test('is temporary when the only host refuses the session in its greeting', async () => {
    await host('mx.a.test', { greeting: '554 5.7.1 no' })
    publish('a.test', 'mx.a.test')
    assert.equal(only(await world.attempt('kim@a.test')).retry, true)
  })

  test('reports the reply of the host where the session got furthest', async () => {
    await host('mx1.a.test', { rcpt: '450 4.2.0 greylisted' })
    await host('mx2.a.test', { greeting: '554 5.7.1 no' })
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    assert.equal(only(await world.attempt('kim@a.test')).reply, '450 4.2.0 greylisted')
  })

  test('is permanent when the message is too large for all hosts', async () => {
    const small = await world.host({ offers: ['SIZE 10'] })
    world.addresses.set('mx1.a.test', [small.host])
    world.addresses.set('mx2.a.test', [small.host])
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    const { reply, retry } = only(await world.attempt('kim@a.test', { size: 1000 }))
    assert.match(reply, /^552 5\.3\.4 /)
    assert.equal(retry, undefined)
  })

  test('is permanent when no host has an address, but not while one cannot be looked up', async () => {
    publish('a.test', 'mx1.a.test', 'mx2.a.test')
    const gone = only(await world.attempt('kim@a.test'))
    assert.match(gone.reply, /^550 5\.4\.4 /)
    assert.equal(gone.retry, undefined)
    world.troubled.add('mx2.a.test')
    assert.match(only(await world.attempt('kim@a.test')).reply, /^451 4\.4\.3 /)
  })

  test('is permanent when no host has a public address', async () => {
    world.addresses.set('mx.a.test', ['10.0.0.1', '192.168.1.1', 'fd00::1'])
    publish('a.test', 'mx.a.test')
    assert.match(only(await world.attempt('kim@a.test')).reply, /^550 5\.4\.4 .*10\.0\.0\.1/)
  })
})

describe('a pool', () => {
  test('sends from each of its addresses in turn', async () => {
    const remote = await host('mx.a.test')
    publish('a.test', 'mx.a.test')
    world.pools.set('p', { name: 'p', addresses: ['127.0.0.71', '127.0.0.72'] })
    world.policies.push(policyConfig({ pool: 'p', messagesPerConnection: 1 }))
    for (let count = 0; count < 4; count++) await world.attempt('kim@a.test')
    assert.deepEqual(remote.clients.slice(0, 4).sort(), ['127.0.0.71', '127.0.0.71', '127.0.0.72', '127.0.0.72'])
  })

  test("without an address of the remote's family sends from no other address, and defers", async () => {
    const remote = await host('mx.a.test')
    publish('a.test', 'mx.a.test')
    world.pools.set('p', { name: 'p', addresses: ['::1'] })
    world.policies.push(policyConfig({ pool: 'p' }))
    assert.match(only(await world.attempt('kim@a.test')).reply, /^451 4\.3\.5 .* p has no IPv4 address/)
    assert.equal(remote.connections(), 0)
  })

  test('that does not exist defers the mail', async () => {
    await host('mx.a.test')
    publish('a.test', 'mx.a.test')
    world.policies.push(policyConfig({ pool: 'gone' }))
    assert.match(only(await world.attempt('kim@a.test')).reply, /^451 4\.3\.5 /)
  })
})

test('a host whose TLS handshake failed gets mail in clear without STARTTLS for a while', async () => {
  const certificate = await selfSigned('mx.a.test')
  const broken = await world.host({ certificate, script: { starttls: { send: '220 go', then: 'close' } } })
  world.addresses.set('mx.a.test', [broken.host])
  publish('a.test', 'mx.a.test')
  world.policies.push(policyConfig({ messagesPerConnection: 1 }))
  await world.attempt('one@a.test')
  assert.deepEqual([broken.connections(), broken.mails.length], [2, 1])
  await world.attempt('two@a.test')
  assert.deepEqual([broken.connections(), broken.mails.length], [3, 2])
  world.pass(10 * 60_000)
  await world.attempt('three@a.test')
  assert.deepEqual([broken.connections(), broken.mails.length], [5, 3])
})
