import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { mailHosts } from './mail-hosts.ts'
import type { Answer, MxRecord } from './resolver.ts'

type Mx = Answer<MxRecord>
type Addresses = Answer<string>

const none = (why: 'no-such-domain' | 'no-data' | 'trouble' | 'busy') => ({ none: why, detail: 'SERVFAIL' })
const NO_DOMAIN = none('no-such-domain')
const NO_RECORDS = none('no-data')
const TROUBLE = none('trouble')
const HERE: Addresses = { records: ['192.0.2.1'] }

const records = (...list: [priority: number, exchange: string][]): Mx => ({
  records: list.map(([priority, exchange]) => ({ priority, exchange })),
})

const look = (mx: Mx, addresses: Addresses = HERE, given: { destination?: string; smtpPort?: number } = {}) =>
  mailHosts(given.destination ?? 'remote.test', {
    resolver: { mx: () => Promise.resolve(mx), addresses: () => Promise.resolve(addresses) },
    smtpPort: given.smtpPort ?? 25,
    ownNames: new Set(['mail.host.test']),
  })

async function hosts(...given: Parameters<typeof look>): Promise<string[]> {
  const found = await look(...given)
  assert.ok('hosts' in found, JSON.stringify(found))
  return found.hosts.map(({ name, preference }) => `${preference} ${name}`)
}
async function reply(...given: Parameters<typeof look>): Promise<string> {
  const found = await look(...given)
  assert.ok('reply' in found, JSON.stringify(found))
  return found.reply.slice(0, 10).trim()
}

describe('the MX hosts of a domain', () => {
  test('come by preference, equals together, without gaps, each once and in lower case', async () => {
    const list = records([20, 'B.test.'], [20, 'a.test'], [10, 'c.test'], [50, 'd.test'], [60, 'C.test'])
    assert.deepEqual(await hosts(list), ['0 c.test', '1 a.test', '1 b.test', '2 d.test'])
  })

  test('give the way the names of its best hosts', async () => {
    const found = await look(records([10, 'b.test'], [10, 'a.test'], [20, 'c.test']))
    assert.ok('name' in found)
    assert.equal(found.name, 'a.test,b.test')
  })

  test('must be public, and may be on loopback only in a test, which has another port', async () => {
    for (const [smtpPort, reach] of [
      [25, 'public'],
      [2525, 'public-or-loopback'],
    ] as const) {
      const found = await look(records([10, 'a.test']), HERE, { smtpPort })
      assert.ok('hosts' in found)
      assert.deepEqual([found.hosts[0]?.reach, found.hosts[0]?.port], [reach, smtpPort])
    }
  })

  test('after this platform itself, and beside it, are left out (RFC 5321, 5.1)', async () => {
    const list = records([10, 'a.test'], [20, 'MAIL.host.test.'], [20, 'b.test'], [30, 'c.test'])
    assert.deepEqual(await hosts(list), ['0 a.test'])
    assert.equal(await reply(records([10, 'mail.host.test'], [20, 'c.test'])), '554 5.4.6')
  })

  test('are names: an address there is left out, and alone a fault of the domain', async () => {
    assert.deepEqual(await hosts(records([10, '10.0.0.1'], [20, 'a.test'], [30, '::1'])), ['0 a.test'])
    assert.equal(await reply(records([10, '10.0.0.1'])), '550 5.4.4')
  })

  test('are none with a null MX, but one beside others is ignored (RFC 7505, 3)', async () => {
    assert.equal(await reply(records([0, '.'])), '556 5.1.10')
    assert.equal(await reply(records([0, ''])), '556 5.1.10')
    assert.deepEqual(await hosts(records([0, '.'], [10, 'a.test'])), ['0 a.test'])
  })
})

describe('without MX records', () => {
  test('a domain with an address is its own host', async () => {
    assert.deepEqual(await hosts(NO_RECORDS), ['0 remote.test'])
  })

  test('and without an address, or when it does not exist, the message bounces', async () => {
    assert.equal(await reply(NO_RECORDS, none('no-data')), '550 5.1.2')
    assert.equal(await reply(NO_DOMAIN), '550 5.1.2')
  })

  test('this platform does not send to itself', async () => {
    assert.equal(await reply(NO_RECORDS, HERE, { destination: 'mail.host.test' }), '554 5.4.6')
  })
})

test('what DNS cannot answer now is tried again', async () => {
  assert.equal(await reply(TROUBLE), '451 4.4.3')
  assert.equal(await reply(NO_RECORDS, TROUBLE), '451 4.4.3')
})

test('DNS that has no room for a question says when to come back, without an attempt', async () => {
  for (const found of [await look(none('busy')), await look(NO_RECORDS, none('busy'))])
    assert.ok('later' in found && found.later > 0 && found.ours)
})

test('an address literal is not delivered to, whatever it names', async () => {
  assert.equal(await reply(records([10, 'a.test']), HERE, { destination: '[10.0.0.1]' }), '550 5.1.2')
})
