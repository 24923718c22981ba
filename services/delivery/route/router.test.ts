import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PolicyConfig } from '@postrider/runtime-config/config'
import type { Answer, DnsResolver, NoAnswer } from './resolver.ts'
import type { ResolvedRoute } from './route.ts'
import { resolveRoute } from './router.ts'
import type { RouterOptions } from './router.ts'

type Mx = Answer<{ exchange: string; priority: number }>

const none = (none: NoAnswer) => ({ none, detail: none })

/** A resolver that answers from tables and records its questions. */
function dns(mx: Record<string, Mx | [number, string][]>, addresses: Record<string, string[]> = {}) {
  const asked: string[] = []
  const resolver: DnsResolver = {
    mx: async (domain) => {
      asked.push(domain)
      const found = mx[domain] ?? none('no-such-domain')
      return Array.isArray(found) ? { records: found.map(([priority, exchange]) => ({ priority, exchange })) } : found
    },
    addresses: async (name) => {
      const records = addresses[name]
      return records === undefined ? none('no-such-domain') : { records }
    },
  }
  return { resolver, asked }
}

const policy = (given: Partial<PolicyConfig>): PolicyConfig => ({
  name: 'p',
  domains: ['*'],
  mx: [],
  connections: 7,
  messagesPerConnection: 9,
  tls: 'required',
  ...given,
})

async function resolve(
  destination: string,
  { resolver }: { resolver: DnsResolver },
  given: Partial<RouterOptions> = {},
) {
  return resolveRoute(destination, {
    resolver,
    policies: [],
    smtpPort: 25,
    ownNames: new Set(['mail.us.test']),
    ...given,
  })
}

async function route(...args: Parameters<typeof resolve>): Promise<ResolvedRoute> {
  const found = await resolve(...args)
  assert.ok('name' in found, `no route: ${JSON.stringify(found)}`)
  return found
}

const names = ({ hosts }: ResolvedRoute): string[] => hosts.map(({ name }) => name)

describe('the route to a domain', () => {
  const table = dns(
    {
      'a.test': [
        [20, 'backup.test'],
        [10, 'MX2.test.'],
        [10, 'mx1.test'],
      ],
      'b.test': [
        [5, 'mx1.test'],
        [5, 'mx2.test'],
        [9, 'other.test'],
      ],
      'null.test': [[0, '']],
      'address.test': none('no-data'),
      'empty.test': none('no-data'),
      'trouble.test': none('trouble'),
      'busy.test': none('busy'),
      'loop.test': [
        [10, 'mail.us.test'],
        [20, 'backup.test'],
      ],
      'behind.test': [
        [10, 'mx1.test'],
        [20, 'mail.us.test'],
        [20, 'same.test'],
        [30, 'backup.test'],
      ],
      'mail.us.test': none('no-data'),
      'literal.test': [
        [10, '192.0.2.1'],
        [20, '2001:db8::1'],
      ],
      'half-literal.test': [
        [10, '192.0.2.1'],
        [20, 'mx1.test'],
      ],
    },
    { 'address.test': ['192.0.2.1'], 'mail.us.test': ['192.0.2.9'] },
  )

  test('consists of its MX hosts by preference', async () => {
    const { hosts, tls, connections, name } = await route('a.test', table)
    assert.deepEqual(
      hosts.map((host) => [host.preference, host.name, host.port]),
      [
        [0, 'mx1.test', 25],
        [0, 'mx2.test', 25],
        [1, 'backup.test', 25],
      ],
    )
    assert.deepEqual([tls, connections, name], ['opportunistic', 20, 'mx1.test,mx2.test'])
  })

  test('is the domain itself where it has an address and no MX', async () => {
    assert.deepEqual(names(await route('address.test', table)), ['address.test'])
  })

  test('stops before this host itself', async () => {
    assert.deepEqual(names(await route('behind.test', table)), ['mx1.test'])
  })

  test('leads to public addresses only; with another port than 25, as in tests, also to loopback', async () => {
    assert.equal((await route('a.test', table)).hosts[0]?.reach, 'public')
    assert.equal((await route('a.test', table, { smtpPort: 2525 })).hosts[0]?.reach, 'public-or-loopback')
  })

  test('leaves out MX records that are IP addresses', async () => {
    assert.deepEqual(names(await route('half-literal.test', table)), ['mx1.test'])
  })

  test('is resolved later when too many lookups are in progress', async () => {
    const found = await resolve('busy.test', table)
    assert.ok('later' in found && found.later >= 1000)
  })

  const dead: [domain: string, reply: RegExp][] = [
    ['nowhere.test', /^550 5\.1\.2 /],
    ['empty.test', /^550 5\.1\.2 /],
    ['null.test', /^556 5\.1\.10 /],
    ['trouble.test', /^451 4\.4\.3 /],
    ['loop.test', /^554 5\.4\.6 /],
    ['mail.us.test', /^554 5\.4\.6 /],
    ['literal.test', /^550 5\.4\.4 /],
    ['[127.0.0.1]', /^550 5\.1\.2 /],
    ['[IPv6:::1]', /^550 5\.1\.2 /],
  ]
  for (const [domain, reply] of dead) {
    test(`does not exist for ${domain}: ${reply.source}`, async () => {
      const found = await resolve(domain, table)
      assert.match('reply' in found ? found.reply : 'a route', reply)
    })
  }
})

describe('a policy', () => {
  const table = () => dns({ 'a.test': [[1, 'mx.big.test']], 'b.test': [[1, 'mx.small.test']] })
  const sandbox = { host: 'sink.test', port: 1025 }

  for (const [pattern, fits, fitsNot] of [
    ['a.test', 'a.test', 'x.a.test'],
    ['*.a.test', 'x.y.a.test', 'a.test'],
    ['*.a.test', 'x.a.test', 'xa.test'],
    ['*', 'a.test', undefined],
  ] as const) {
    test(`for ${pattern} matches ${fits}${fitsNot === undefined ? '' : ` and not ${fitsNot}`}`, async () => {
      const policies = [policy({ domains: [pattern], route: sandbox })]
      assert.equal((await route(fits, table(), { policies })).name, 'sink.test:1025')
      if (fitsNot === undefined) return
      const other = await resolve(fitsNot, table(), { policies })
      assert.notEqual('name' in other ? other.name : '', 'sink.test:1025')
    })
  }

  test('with a route needs no DNS, and accepts address literals', async () => {
    const { asked, resolver } = table()
    const policies = [policy({ route: sandbox })]
    for (const domain of ['a.test', 'nowhere.test', '[127.0.0.1]']) {
      const { hosts, tls, connections, messagesPerConnection } = await route(domain, { resolver }, { policies })
      assert.deepEqual(hosts, [{ name: 'sink.test', port: 1025, preference: 0, reach: 'anywhere' }])
      assert.deepEqual([tls, connections, messagesPerConnection], ['required', 7, 9])
    }
    assert.deepEqual(asked, [])
  })

  test('can match domains by the name of their best MX host', async () => {
    const policies = [policy({ mx: ['*.big.test'], tls: 'off' }), policy({ domains: ['b.test'], connections: 3 })]
    assert.equal((await route('a.test', table(), { policies })).tls, 'off')
    assert.equal((await route('b.test', table(), { policies })).connections, 3)
  })

  test('that matches first decides, also when it matches on MX hosts and a later one would need no DNS', async () => {
    const policies = [policy({ mx: ['*.big.test'], tls: 'off' }), policy({ route: sandbox })]
    assert.equal((await route('a.test', table(), { policies })).name, 'mx.big.test')
    assert.equal((await route('b.test', table(), { policies })).name, 'sink.test:1025')
    assert.equal((await route('nowhere.test', table(), { policies })).name, 'sink.test:1025')
    const swapped = policies.toReversed()
    assert.equal((await route('a.test', table(), { policies: swapped })).name, 'sink.test:1025')
  })
})
