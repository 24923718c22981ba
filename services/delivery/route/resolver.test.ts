import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { after, before, describe, test } from 'node:test'
import { startUnbound, unboundMissing } from '../../../test/support/unbound.ts'
import type { Unbound } from '../../../test/support/unbound.ts'
import { createResolver } from './resolver.ts'
import { resolveRoute } from './router.ts'

describe('with a real name server', { skip: unboundMissing() }, () => {
  let unbound: Unbound
  let at = 0
  const now = () => at

  before(async () => {
    unbound = await startUnbound({
      records: [
        'remote.test. MX 10 mx.remote.test.',
        'remote.test. MX 20 mx2.remote.test.',
        'mx.remote.test. A 192.0.2.1',
        'mx.remote.test. A 192.0.2.2',
        'mx.remote.test. AAAA 2001:db8::1',
        'null.test. MX 0 .',
        'address.test. A 192.0.2.3',
        'text.test. TXT "no mail here"',
      ],
      failing: ['failing.test'],
    })
  })
  after(() => unbound.stop())

  const resolve = (domain: string, resolver = createResolver([unbound.address])) =>
    resolveRoute(domain, { resolver, policies: [], smtpPort: 25, hostName: 'mail.us.test' })
  const replyOf = async (domain: string): Promise<string> => {
    const found = await resolve(domain)
    return 'reply' in found ? found.reply : found.name
  }

  test('MX hosts are found', async () => {
    const found = await resolve('remote.test')
    assert.ok('hosts' in found)
    assert.deepEqual(
      found.hosts.map(({ name }) => name),
      ['mx.remote.test', 'mx2.remote.test'],
    )
  })

  test('a domain with an address and no MX is its own mail server', async () => {
    assert.equal(await replyOf('address.test'), 'address.test')
  })

  test('what can not be reached is told apart by whether it ever will be', async () => {
    assert.match(await replyOf('null.test'), /^556 5\.1\.10 /)
    assert.match(await replyOf('nowhere.test'), /^550 5\.1\.2 /)
    assert.match(await replyOf('text.test'), /^550 5\.1\.2 /)
    assert.match(await replyOf(`${'x'.repeat(64)}.test`), /^550 5\.1\.2 /)
    assert.match(await replyOf('a.failing.test'), /^451 4\.4\.3 /)
  })

  test('addresses alternate between the families, IPv6 first', async () => {
    const resolver = createResolver([unbound.address])
    const found = await resolver.addresses('mx.remote.test')
    assert.ok('records' in found)
    assert.equal(found.records[0], '2001:db8::1')
    assert.deepEqual(found.records.slice(1).sort(), ['192.0.2.1', '192.0.2.2'])
    assert.deepEqual(await resolver.addresses('192.0.2.9'), { records: ['192.0.2.9'] })
  })

  test('an answer is kept for minutes, that there is none for less', async () => {
    const resolver = createResolver([unbound.address], now)
    const hosts = async () => {
      const answer = await resolver.mx('late.test')
      return 'records' in answer ? answer.records.map(({ exchange }) => exchange) : answer.none
    }
    assert.equal(await hosts(), 'no-such-domain')
    await unbound.add('late.test. MX 10 one.test.')
    assert.equal(await hosts(), 'no-such-domain')
    at += 60_000
    assert.deepEqual(await hosts(), ['one.test'])
    await unbound.remove('late.test')
    at += 60_000
    assert.deepEqual(await hosts(), ['one.test'])
    at += 300_000
    assert.equal(await hosts(), 'no-such-domain')
  })
})

test('a CNAME in front of the MX record is followed', async () => {
  const server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    const question = query.subarray(12, query.indexOf(0, 12) + 5)
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0])
    // Names point (0xc0) to octet 12, the question; the CNAME's target begins behind its own head of 12 octets.
    const target = 12 + question.length + 12
    const name = Buffer.from('\x06remote\x04test\x00')
    const cname = Buffer.from([0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, name.length, ...name])
    const mx = Buffer.from([0xc0, target, 0, 15, 0, 1, 0, 0, 0, 60, 0, 7, 0, 10, 2, 0x6d, 0x78, 0xc0, target])
    server.send(Buffer.concat([header, question, cname, mx]), port, address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  try {
    const answer = await createResolver([`127.0.0.1:${server.address().port}`]).mx('alias.test')
    assert.deepEqual(answer, { records: [{ exchange: 'mx.remote.test', priority: 10, type: 'MX' }] })
  } finally {
    server.close()
  }
})

test('a name server that does not answer means later, and a question under way is asked once', async () => {
  const silent = createSocket('udp4')
  let questions = 0
  silent.on('message', () => questions++)
  await new Promise<void>((resolve) => silent.bind(0, '127.0.0.1', resolve))
  try {
    const resolver = createResolver([`127.0.0.1:${silent.address().port}`], undefined, { timeoutMs: 100, tries: 1 })
    const answers = await Promise.all([resolver.mx('remote.test'), resolver.mx('remote.test')])
    for (const answer of answers) assert.deepEqual(answer, { none: 'trouble', detail: 'ETIMEOUT' })
    assert.equal(questions, 1)
  } finally {
    silent.close()
  }
})
