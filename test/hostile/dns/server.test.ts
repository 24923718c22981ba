import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { after, before, describe, test } from 'node:test'
import { startDns } from './server.ts'
import type { DnsServer } from './server.ts'

describe('the scripted name server', () => {
  let dns: DnsServer
  const resolver = new Resolver({ timeout: 1000, tries: 1 })

  before(async () => {
    dns = await startDns()
    resolver.setServers([dns.address])
    dns.add('a.test', { type: 'MX', value: '10 mx.a.test' }, { type: 'MX', value: '20 mx2.a.test' })
    dns.add('mx.a.test', { type: 'A', value: '192.0.2.1' }, { type: 'AAAA', value: '2001:db8::25' })
    dns.add('mapped.test', { type: 'AAAA', value: '::ffff:10.1.2.3' })
    dns.add('alias.test', { type: 'CNAME', value: 'mx.a.test' })
    dns.add('null.test', { type: 'MX', value: '0 ' })
    for (let number = 1; number <= 500; number++)
      dns.add('many.test', { type: 'MX', value: `${number} h${number}.many.test` })
    dns.fail('trouble.test', { answer: 'SERVFAIL' })
    dns.fail('silent.test', { answer: 'silence' })
  })
  after(() => dns.close())

  test('answers with the records of a name, and of what an alias leads to', async () => {
    assert.deepEqual(await resolver.resolveMx('a.test'), [
      { type: 'MX', exchange: 'mx.a.test', priority: 10 },
      { type: 'MX', exchange: 'mx2.a.test', priority: 20 },
    ])
    assert.deepEqual(await resolver.resolve4('alias.test'), ['192.0.2.1'])
    assert.deepEqual(await resolver.resolve6('mx.a.test'), ['2001:db8::25'])
    assert.deepEqual(await resolver.resolve6('mapped.test'), ['::ffff:10.1.2.3'])
  })

  test('a null MX has the root as its name', async () => {
    assert.deepEqual(
      (await resolver.resolveMx('null.test')).map(({ exchange }) => exchange),
      [''],
    )
  })

  test('500 records come by TCP', async () => {
    assert.equal((await resolver.resolveMx('many.test')).length, 500)
  })

  for (const [name, code] of [
    ['none.test', 'ENOTFOUND'],
    ['test', 'ENODATA'],
    ['trouble.test', 'ESERVFAIL'],
    ['silent.test', 'ETIMEOUT'],
  ] as const) {
    test(`${name} is ${code}`, async () => {
      await assert.rejects(resolver.resolve4(name), { code })
    })
  }

  test('counts the questions about a name and those below it', async () => {
    const before = dns.questions('a.test')
    await resolver.resolve4('mx.a.test')
    assert.equal(dns.questions('a.test'), before + 1)
  })
})
