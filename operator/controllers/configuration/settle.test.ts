import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KINDS } from '@postrider/resources/kinds'
import type { AnyResource, Kind, Resource, Spec } from '@postrider/resources/kinds'
import { settlePlan } from './settle.ts'
import type { Settled } from './settle.ts'

const NOTHING = { verifiers: new Map(), dkimKeys: new Map(), signing: new Map() }

const resource = <K extends Kind>(kind: K, namespace: string, name: string, spec: object): Resource<K> => ({
  kind,
  namespace,
  name,
  origin: 'cluster',
  spec: KINDS[kind].parse(spec) as Spec<K>,
})
const platform = (spec: object = {}) =>
  resource('MailPlatform', 'mail', 'main', { hostName: 'mail.sender.test', ...spec })
const domain = (name: string, spec: object = {}) =>
  resource('Domain', 'shop', name, { domainName: `${name}.test`, ...spec })
const login = (name: string, domainName: string) =>
  resource('SMTPCredential', 'shop', name, { address: `${name}@${domainName}.test`, domainRef: { name: domainName } })

const settle = (
  given: Resource<'MailPlatform'>,
  others: AnyResource[],
  maySend: (key: string) => boolean = () => true,
) =>
  settlePlan(
    { platform: given, resources: [given, ...others], findings: new Map(), owners: new Map() },
    NOTHING,
    maySend,
  )
const reasons = ({ findings }: Settled): Record<string, string[]> =>
  Object.fromEntries([...findings].map(([object, found]) => [object, found.map(({ reason }) => reason)]))

test('what depends on something wrong is left out with it, and each has a finding', () => {
  const settled = settle(platform(), [
    domain('good'),
    login('app', 'good'),
    domain('bad', { limitRef: { name: 'nowhere' } }),
    login('lost', 'bad'),
  ])
  assert.deepEqual([...(settled.plan?.config.credentials.keys() ?? [])], ['app@good.test'])
  assert.deepEqual(reasons(settled), { 'Domain shop/bad': ['Invalid'], 'SMTPCredential shop/lost': ['Invalid'] })
})

test('a Domain that may not send is planned as suspended, by its key', () => {
  const { plan } = settle(platform(), [domain('one'), domain('two')], (key) => key === 'shop/two')
  assert.deepEqual(
    [...(plan?.config.domains.values() ?? [])].map(({ name, suspended }) => [name, suspended]),
    [
      ['one.test', true],
      ['two.test', false],
    ],
  )
})

test('policies that overlap are planned, and those with nothing left have a finding', () => {
  const pool = resource('DeliveryPool', 'mail', 'pool', {})
  const policy = (name: string) =>
    resource('DestinationPolicy', 'mail', name, { match: { domains: ['remote.test'] }, poolRef: { name: 'pool' } })
  const settled = settle(platform(), [pool, policy('a'), policy('b')])
  assert.notEqual(settled.plan, undefined)
  assert.deepEqual(Object.values(reasons(settled)), [['Shadowed']])
})

test('a platform that is wrong by itself has no plan, and tenants are not blamed for it', () => {
  const settled = settle(platform({ ingress: { listeners: [{ mode: 'TrustedNetworks', port: 2525 }] } }), [domain('a')])
  assert.equal(settled.plan, undefined)
  assert.deepEqual(reasons(settled), {})
  assert.deepEqual(new Set(settled.platformProblems.map(({ resource: at }) => at)), new Set(['MailPlatform mail/main']))
})

test('of a platform and a tenant that are both wrong each gets its own problem', () => {
  const listeners = [{ mode: 'TrustedNetworks', port: 2525 }]
  const settled = settle(platform({ ingress: { listeners } }), [domain('bad', { limitRef: { name: 'nowhere' } })])
  assert.equal(settled.plan, undefined)
  assert.deepEqual(reasons(settled), { 'Domain shop/bad': ['Invalid'] })
})
