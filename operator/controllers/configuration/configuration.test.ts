import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Kind, Resource } from '@postrider/resources/kinds'
import { gather } from './gather.ts'
import type { TenantObject } from './gather.ts'
import { storedAs } from '../../stored-resource.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { settlePlan } from './settle.ts'

const NOTHING = { verifiers: new Map(), dkimKeys: new Map(), signing: new Map() }

function object<K extends Kind>(
  kind: K,
  namespace: string,
  name: string,
  spec: unknown,
  verifiedAt?: string,
): StoredResource<K> {
  const owned = { type: 'OwnershipVerified', status: 'True', reason: 'Verified', message: '' } as const
  const conditions = verifiedAt === undefined ? [] : [{ ...owned, lastTransitionTime: verifiedAt }]
  const metadata = { namespace, name, creationTimestamp: '2026-01-01T00:00:00Z' }
  return storedAs(kind)({ metadata, spec, status: { conditions } })
}

function platform(spec: Record<string, unknown> = {}): Resource<'MailPlatform'> {
  const given = { hostName: 'mail.platform.test', tenants: { namespaces: { from: 'All' } }, ...spec }
  const { read } = object('MailPlatform', 'system', 'mail', given)
  assert.ok('resource' in read)
  return read.resource
}

function run(objects: TenantObject[], given = platform(), maySend = () => true) {
  const gathered = gather({ platform: given, objects, namespaces: new Map() })
  return { gathered, ...settlePlan(gathered, NOTHING, maySend) }
}

const domain = (namespace: string, domainName: string, extra: object = {}, verifiedAt?: string) =>
  object('Domain', namespace, 'd', { domainName, ...extra }, verifiedAt)
const credential = (namespace: string, address: string, extra: object = {}) =>
  object('SMTPCredential', namespace, 'c', { address, domainRef: { name: 'd' }, ...extra })

test("a tenant's mistakes are his own", () => {
  const { plan, findings } = run([
    domain('good', 'good.test'),
    credential('good', 'app@good.test'),
    domain('bad', 'bad.test', { retention: 'for ever' }),
    credential('bad', 'app@bad.test'),
    domain('worse', 'worse.test', { limitRef: { name: 'nowhere' } }),
    credential('worse', 'app@worse.test'),
  ])
  assert.deepEqual([...(plan?.config.domains.keys() ?? [])], ['good.test'])
  assert.deepEqual([...(plan?.config.credentials.keys() ?? [])], ['app@good.test'])
  assert.match(findings.get('Domain bad/d')?.[0]?.message ?? '', /spec\.retention .*for ever.*duration/)
  assert.match(findings.get('Domain worse/d')?.[0]?.message ?? '', /limitRef.*nowhere/)
  assert.match(findings.get('SMTPCredential worse/c')?.[0]?.message ?? '', /domainRef/)
  assert.equal(findings.has('Domain good/d'), false)
})

test('of two who want a domain the verified one has it, and nothing tells the other who that is', () => {
  const { plan, findings } = run([
    domain('thief', 'bank.test'),
    domain('owner', 'bank.test', {}, '2026-02-01T00:00:00Z'),
    credential('owner', 'app@bank.test'),
    credential('thief', 'evil@bank.test'),
  ])
  assert.deepEqual([...(plan?.config.credentials.keys() ?? [])], ['app@bank.test'])
  const [finding] = findings.get('Domain thief/d') ?? []
  assert.equal(finding?.reason, 'NameTaken')
  assert.doesNotMatch(JSON.stringify([...findings].filter(([key]) => key.includes('thief'))), /owner\//)
})

test('senders of others are taken out, the rest counts', () => {
  const { plan, findings } = run([
    domain('shop', 'shop.test', { allowedSenders: ['*@shop.test', '*@bank.test'] }),
    domain('bank', 'bank.test'),
    credential('shop', 'app@shop.test', { allowedSenders: ['ceo@bank.test'] }),
  ])
  assert.deepEqual(plan?.config.domains.get('shop.test')?.allowedSenders, ['*@shop.test'])
  assert.deepEqual(plan.config.credentials.get('app@shop.test')?.allowedSenders, [])
  assert.equal(findings.get('Domain shop/d')?.[0]?.reason, 'SendersNotAllowed')
})

test('namespaces that are not served, and pools outside the platform, do not count', () => {
  const same = platform({ tenants: { namespaces: { from: 'Same' } } })
  const { plan, findings } = run(
    [domain('shop', 'shop.test'), domain('system', 'own.test'), object('DeliveryPool', 'shop', 'p', {})],
    same,
  )
  assert.deepEqual([...(plan?.config.domains.keys() ?? [])], ['own.test'])
  assert.equal(findings.get('Domain shop/d')?.[0]?.reason, 'NamespaceNotAllowed')
  assert.equal(findings.get('DeliveryPool shop/p')?.[0]?.reason, 'NamespaceNotAllowed')
})

test('a domain that may not send yet takes nothing, and its logins are known', () => {
  const { plan } = run([domain('shop', 'shop.test'), credential('shop', 'app@shop.test')], platform(), () => false)
  assert.equal(plan?.config.domains.get('shop.test')?.suspended, true)
  assert.equal(plan.config.credentials.has('app@shop.test'), true)
})

test('a platform at fault yields no plan, and says why', () => {
  const listeners = [{ mode: 'TrustedNetworks', port: 2525 }]
  const { plan, platformProblems } = run([domain('shop', 'shop.test')], platform({ ingress: { listeners } }))
  assert.equal(plan, undefined)
  assert.match(platformProblems[0]?.path ?? '', /listeners\[0\]\.networks/)
})
