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
        'many.test. MX 1 best.remote.test.',
        ...Array.from({ length: 60 }, (_, at) => `many.test. MX 10 mx${at}.remote.test.`),
        'text.test. TXT "no mail here"',
      ],
      failing: ['failing.test'],
    })
  })
  after(() => unbound.stop())

  const resolve = (domain: string, resolver = createResolver([unbound.address])) =>
    resolveRoute(domain, { resolver, policies: [], smtpPort: 25, ownNames: new Set(['mail.us.test']) })
  const replyOf = async (domain: string): Promise<string> => {
    const found = await resolve(domain)
    return 'reply' in found ? found.reply : 'name' in found ? found.name : 'busy'
  }

  test('MX hosts are found', async () => {
    const found = await resolve('remote.test')
    assert.ok('hosts' in found)
    assert.deepEqual(
      found.hosts.map(({ name }) => name),
      ['mx.remote.test', 'mx2.remote.test'],
    )
  })

  test('a domain with an address but no MX record is its own mail server', async () => {
    assert.equal(await replyOf('address.test'), 'address.test')
  })

  test('a domain that cannot be reached fails temporarily or permanently', async () => {
    assert.match(await replyOf('null.test'), /^556 5\.1\.10 /)
    assert.match(await replyOf('nowhere.test'), /^550 5\.1\.2 /)
    assert.match(await replyOf('text.test'), /^550 5\.1\.2 /)
    assert.match(await replyOf(`${'x'.repeat(64)}.test`), /^550 5\.1\.2 /)
    assert.match(await replyOf('a.failing.test'), /^451 4\.4\.3 /)
  })

  test('addresses of both families are found', async () => {
    const resolver = createResolver([unbound.address])
    const found = await resolver.addresses('mx.remote.test')
    assert.ok('records' in found)
    assert.deepEqual(found.records.toSorted(), ['192.0.2.1', '192.0.2.2', '2001:db8::1'])
    assert.deepEqual(await resolver.addresses('192.0.2.9'), { records: ['192.0.2.9'] })
  })

  test('the ten best MX hosts are used; of equal ones a random selection', async () => {
    const seen = new Set<string>()
    for (let count = 0; count < 3; count++) {
      const answer = await createResolver([unbound.address]).mx('many.test')
      assert.ok('records' in answer)
      assert.equal(answer.records.length, 10)
      assert.deepEqual(answer.records[0], { exchange: 'best.remote.test', priority: 1, type: 'MX' })
      for (const { exchange } of answer.records) seen.add(exchange)
    }
    assert.ok(seen.size > 10)
  })

  test('records are cached for minutes, a missing record for less', async () => {
    const resolver = createResolver([unbound.address], { now })
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

/** A name server for the test. `answer` returns the records of an answer (RFC 1035, 4.1.3), or undefined to send none. */
async function nameServer(
  answer: (name: string, type: number) => { records: Buffer[]; afterMs?: number } | undefined,
): Promise<{ address: string; questions: string[]; close: () => void }> {
  const socket = createSocket('udp4')
  const questions: string[] = []
  socket.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12)
    const question = query.subarray(12, end + 5)
    const labels: string[] = []
    for (let at = 0; question[at] !== 0; at += (question[at] ?? 0) + 1)
      labels.push(question.subarray(at + 1, at + 1 + (question[at] ?? 0)).toString())
    const name = labels.join('.').toLowerCase()
    questions.push(name)
    const found = answer(name, query.readUInt16BE(end + 1))
    if (found === undefined) return
    const { records, afterMs = 0 } = found
    const header = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
    setTimeout(() => socket.send(Buffer.concat([header, question, ...records]), port, address), afterMs)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { address: `127.0.0.1:${socket.address().port}`, questions, close: () => socket.close() }
}

const TYPE = { A: 1, CNAME: 5, MX: 15 }
const encoded = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])),
    Buffer.from([0]),
  ])
function record(name: string, type: number, data: Buffer): Buffer {
  const head = Buffer.from([0, type, 0, 1, 0, 0, 0, 60, data.length >> 8, data.length & 255])
  return Buffer.concat([encoded(name), head, data])
}
const mx = (name: string, priority: number, exchange: string): Buffer =>
  record(name, TYPE.MX, Buffer.concat([Buffer.from([priority >> 8, priority & 255]), encoded(exchange)]))
const a = (name: string, address: string): Buffer => record(name, TYPE.A, Buffer.from(address.split('.').map(Number)))
const cname = (name: string, target: string): Buffer => record(name, TYPE.CNAME, encoded(target))

test('a CNAME in front of the MX record, and one in front of the address of a mail server, are followed', async () => {
  const server = await nameServer((name, type) => {
    if (type === TYPE.MX) return { records: [cname(name, 'remote.test'), mx('remote.test', 10, 'mx.remote.test')] }
    return { records: type === TYPE.A ? [cname(name, 'real.remote.test'), a('real.remote.test', '192.0.2.7')] : [] }
  })
  try {
    const resolver = createResolver([server.address])
    assert.deepEqual(await resolver.mx('alias.test'), {
      records: [{ exchange: 'mx.remote.test', priority: 10, type: 'MX' }],
    })
    assert.deepEqual(await resolver.addresses('mx.remote.test'), { records: ['192.0.2.7'] })
  } finally {
    server.close()
  }
})

for (const slowMs of [2000, 4000]) {
  test(`a name that takes ${slowMs} ms to look up is found at a name server that is usually quick`, async () => {
    const server = await nameServer((name, type) => ({
      records: type === TYPE.A ? [a(name, '192.0.2.7')] : [],
      afterMs: name.startsWith('slow') ? slowMs : 0,
    }))
    try {
      const resolver = createResolver([server.address])
      for (let count = 0; count < 20; count++) await resolver.addresses(`quick${count}.test`)
      assert.deepEqual(await resolver.addresses('slow.test'), { records: ['192.0.2.7'] })
    } finally {
      server.close()
    }
  })
}

const HURRIED = { times: { quickMs: 100, tries: 1, patientMs: 200 } }

test('if no name server answers, the lookup fails temporarily; callers share a lookup in progress, and its failure is cached briefly', async () => {
  const server = await nameServer(() => undefined)
  let at = 0
  try {
    const resolver = createResolver([server.address], { ...HURRIED, now: () => at })
    const trouble = { none: 'trouble', detail: 'the name server did not answer in time (ETIMEOUT)' }
    assert.deepEqual(await Promise.all([resolver.mx('remote.test'), resolver.mx('remote.test')]), [trouble, trouble])
    const asked = server.questions.length
    assert.ok(asked <= 2)
    assert.deepEqual(await resolver.mx('remote.test'), trouble)
    assert.equal(server.questions.length, asked)
    at += 10_000
    await resolver.mx('remote.test')
    assert.ok(server.questions.length > asked)
  } finally {
    server.close()
  }
})

test('a domain with many names whose name servers are silent uses few lookups, and none of other domains', async () => {
  const server = await nameServer((name, type) =>
    name.endsWith('.silent.test') ? undefined : { records: type === TYPE.MX ? [mx(name, 10, 'mx.good.test')] : [] },
  )
  try {
    const resolver = createResolver([server.address], { times: { quickMs: 1000, tries: 1, patientMs: 4000 } })
    const silent = Array.from({ length: 600 }, (_, count) => resolver.mx(`n${count}.silent.test`))
    const good = await resolver.mx('good.test')
    assert.ok('records' in good)
    const answers = await Promise.all(silent)
    assert.ok(answers.every((answer) => 'none' in answer && (answer.none === 'trouble' || answer.none === 'busy')))
    assert.ok(new Set(server.questions).size <= 50, `${new Set(server.questions).size} names were asked for`)
    assert.equal(server.questions.filter((name) => name === 'good.test').length, 1)
  } finally {
    server.close()
  }
})
