import assert from 'node:assert/strict'
import { Resolver } from 'node:dns/promises'
import { after, before, describe, test } from 'node:test'
import { startUnbound, unboundMissing } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'

describe('unbound', { skip: unboundMissing() }, () => {
  let unbound: Unbound
  const resolver = new Resolver({ timeout: 500, tries: 1 })

  before(async () => {
    unbound = await startUnbound({
      records: [
        'remote.test. MX 10 mx.remote.test.',
        'remote.test. MX 20 mx2.remote.test.',
        'mx.remote.test. A 127.0.0.2',
        'mx.remote.test. AAAA ::1',
        'remote.test. TXT "v=spf1 -all"',
        'null.test. 300 MX 0 .',
        'alias.test. CNAME remote.test.',
      ],
      failing: ['failing.test'],
      refusing: ['refusing.test'],
      silent: ['silent.test'],
    })
    resolver.setServers([unbound.address])
  })
  after(() => unbound.stop())

  test('answers with the records given, and knows no other name', async () => {
    const exchanges = await resolver.resolveMx('remote.test')
    assert.deepEqual(exchanges.map(({ exchange }) => exchange).sort(), ['mx.remote.test', 'mx2.remote.test'])
    assert.deepEqual(await resolver.resolve4('mx.remote.test'), ['127.0.0.2'])
    assert.deepEqual(await resolver.resolve6('mx.remote.test'), ['::1'])
    assert.deepEqual(await resolver.resolveTxt('remote.test'), [['v=spf1 -all']])
    assert.equal((await resolver.resolveMx('null.test'))[0]?.exchange, '')
    assert.deepEqual(await resolver.resolveCname('alias.test'), ['remote.test'])
    await assert.rejects(resolver.resolveMx('mx.remote.test'), { code: 'ENODATA' })
    await assert.rejects(resolver.resolveMx('nowhere.test'), { code: 'ENOTFOUND' })
    await assert.rejects(resolver.resolveMx('example.com'), { code: 'ENOTFOUND' })
  })

  test('fails, refuses or keeps silent where it is scripted to', async () => {
    await assert.rejects(resolver.resolveMx('a.failing.test'), { code: 'ESERVFAIL' })
    await assert.rejects(resolver.resolveMx('a.refusing.test'), { code: 'EREFUSED' })
    await assert.rejects(resolver.resolveMx('a.silent.test'), { code: 'ETIMEOUT' })
  })

  test('takes records and forgets them while it runs', async () => {
    await unbound.add('late.test. MX 5 mx.remote.test.', 'late.test. A 127.0.0.3')
    assert.equal((await resolver.resolveMx('late.test'))[0]?.exchange, 'mx.remote.test')
    await unbound.remove('late.test')
    await assert.rejects(resolver.resolveMx('late.test'), { code: 'ENOTFOUND' })
  })
})
