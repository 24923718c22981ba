import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readResource } from '@postrider/resources/read'
import { isAllowed } from './allowed.ts'
import { settleClaims } from './claims.ts'
import type { Claim } from './claims.ts'
import { foreignSenders } from './senders.ts'
import { manifest } from '../../test/support/manifest.ts'

test("the platform's own namespace is always served, others as its tenants say", () => {
  const shop = { name: 'shop', labels: { mail: 'yes', team: 'a' } }
  const tenants = (from: 'Same' | 'All' | 'Selector', matchLabels: Record<string, string> = {}) => ({
    namespaces: { from, selector: { matchLabels } },
  })
  assert.equal(isAllowed(tenants('Same'), { name: 'system', labels: {} }, 'system'), true)
  assert.equal(isAllowed(tenants('Same'), shop, 'system'), false)
  assert.equal(isAllowed(tenants('All'), shop, 'system'), true)
  assert.equal(isAllowed(tenants('Selector', { mail: 'yes' }), shop, 'system'), true)
  assert.equal(isAllowed(tenants('Selector', { mail: 'yes', team: 'b' }), shop, 'system'), false)
  assert.equal(isAllowed(tenants('Selector'), shop, 'system'), false)
})

test('a domain name belongs to the first who verified it, and else to the first who asked', () => {
  const claim = (key: string, createdAt: number, verifiedAt?: number): Claim => ({
    key,
    domainName: 'a.test',
    createdAt,
    verifiedAt,
  })
  const winner = (...claims: Claim[]) => settleClaims(claims).get('a.test')
  assert.equal(winner(claim('x/a', 1), claim('y/a', 2)), 'x/a')
  assert.equal(winner(claim('x/a', 1), claim('y/a', 2, 9)), 'y/a')
  assert.equal(winner(claim('x/a', 1, 8), claim('y/a', 2, 7)), 'y/a')
  assert.equal(winner(claim('y/a', 1), claim('x/a', 1)), 'x/a')
})

test('the winner does not depend on the order in which claims are seen', () => {
  const claims = fc.array(
    fc.record({
      key: fc.constantFrom('a/x', 'b/x', 'c/x', 'd/x', 'e/x'),
      domainName: fc.constantFrom('one.test', 'two.test'),
      createdAt: fc.integer({ min: 0, max: 3 }),
      verifiedAt: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
    }),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(claims, (some) => {
      const unique = [...new Map(some.map((claim) => [claim.key, claim])).values()]
      assert.deepEqual(settleClaims(unique), new Map([...settleClaims([...unique].reverse())].toReversed()))
    }),
  )
})

test('nobody allows himself the domain of another', () => {
  const allowedSenders = ['*@a.test', 'x@news.a.test', '*@bank.test', '*@ba.test', '*@other.a.test']
  const domain = manifest('Domain', 'a', { domainName: 'a.test', allowedSenders }, 'shop')
  const read = readResource(domain, 'cluster')
  assert.ok('resource' in read)
  const owners = new Map([
    ['a.test', 'shop'],
    ['bank.test', 'bank'],
    ['other.a.test', 'bank'],
  ])
  const found = foreignSenders(read.resource, owners, new Map())
  assert.deepEqual(
    found.map(({ path }) => path),
    ['spec.allowedSenders[2]', 'spec.allowedSenders[3]', 'spec.allowedSenders[4]'],
  )
  assert.match(found[0]?.problem ?? '', /no Domain for bank\.test/)
  const claimed = foreignSenders(read.resource, new Map(), new Map([['shop/a', 'a.test']]))
  assert.deepEqual(
    claimed.map(({ path }) => path),
    ['spec.allowedSenders[2]', 'spec.allowedSenders[3]'],
    'what it only claims is its own',
  )
})
