import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyResource, Kind } from '@postrider/resources/kinds'
import { readResource } from '@postrider/resources/read'
import type { Observed } from './observed.ts'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { plan } from './plan.ts'
import { manifest } from '../../test/support/manifest.ts'

const nothing: Observed = { verifiers: new Map(), dkimKeys: new Map() }

function make(kind: Kind, name: string, spec: unknown, namespace = 'default'): AnyResource {
  const read = readResource(manifest(kind, name, spec, namespace), `${kind} ${name}`)
  if ('problems' in read) throw new Error(JSON.stringify(read.problems))
  return read.resource
}

const platform = make('MailPlatform', 'mail', { hostName: 'mail.example.org' })
const domain = make('Domain', 'one', { domainName: 'one.example', retention: '0' })
const login = make('SMTPCredential', 'app', {
  address: 'app@one.example',
  domainRef: { name: 'one' },
  limitRef: { name: 'few' },
})
const limit = make('SMTPLimit', 'few', { messagesPerDay: 10, messageSize: '1Mi' })

function pathsOf(...resources: AnyResource[]): string[] {
  const result = plan(resources, nothing)
  return 'problems' in result ? result.problems.map(({ resource, path }) => `${resource}: ${path}`) : []
}

test('missing keys and passwords are wanted, and existing ones are not', () => {
  const first = plan([platform, domain, login, limit], nothing)
  assert.ok('plan' in first)
  assert.deepEqual(first.plan.wanted.map(({ thing }) => thing).sort(), ['dkim-key', 'dkim-key', 'password'])
  const observed: Observed = {
    verifiers: new Map([['default/app', ['$scrypt$x']]]),
    dkimKeys: new Map([
      ['one.example/postrider-rsa', 'sealed'],
      ['one.example/postrider-ed25519', 'sealed'],
    ]),
  }
  const second = plan([platform, domain, login, limit], observed)
  assert.ok('plan' in second)
  assert.deepEqual(second.plan.wanted, [])
  const { credentials, domains } = second.plan.config
  assert.deepEqual(credentials.get('app@one.example')?.limit, {
    name: 'few',
    messagesPerDay: 10,
    recipientsPerMessage: 100,
    messageBytes: 1_048_576,
  })
  assert.equal(domains.get('one.example')?.dkim.length, 2)
  assert.equal(domains.get('one.example')?.retentionMs, 0)
})

test('contradictions are reported by resource and field', () => {
  assert.deepEqual(pathsOf(domain), ['MailPlatform: '])
  assert.deepEqual(pathsOf(platform, login, limit), ['SMTPCredential default/app: spec.domainRef'])
  assert.deepEqual(pathsOf(platform, domain, login), ['SMTPCredential default/app: spec.limitRef'])
  const thief = make('Domain', 'two', { domainName: 'one.example' })
  assert.deepEqual(pathsOf(platform, domain, thief), ['Domain default/two: spec.domainName'])
  const foreign = make('SMTPCredential', 'x', { address: 'x@two.example', domainRef: { name: 'one' } })
  assert.deepEqual(pathsOf(platform, domain, foreign), ['SMTPCredential default/x: spec.address'])
  const capitals = make('SMTPCredential', 'capitals', { address: 'App@one.example', domainRef: { name: 'one' } })
  assert.deepEqual(pathsOf(platform, domain, limit, login, capitals), ['SMTPCredential default/capitals: spec.address'])
  const elsewhere = make('SMTPCredential', 'app', { address: 'app@one.example', domainRef: { name: 'one' } }, 'other')
  assert.deepEqual(pathsOf(platform, domain, elsewhere), ['SMTPCredential other/app: spec.domainRef'])
  assert.deepEqual(pathsOf(platform, domain, domain), [
    'Domain default/one: metadata.name',
    'Domain default/one: spec.domainName',
  ])
  const other = make('MailPlatform', 'second', { hostName: 'b.example.org' })
  assert.deepEqual(pathsOf(platform, other), ['MailPlatform default/second: kind'])
  const relay = make('MailPlatform', 'mail', {
    hostName: 'mail.example.org',
    ingress: {
      listeners: [{ mode: 'TrustedNetworks', port: 1025, networks: ['127.0.0.0/8'], credential: 'who@one.example' }],
    },
  })
  assert.deepEqual(pathsOf(relay, domain), ['MailPlatform default/mail: spec.ingress.listeners[0].credential'])
})

test('the most specific policy comes first', () => {
  const policy = (name: string, domains: string[], mx: string[] = []) =>
    make('DestinationPolicy', name, { match: { domains, mx } })
  const result = plan(
    [
      policy('all', ['*']),
      policy('below', ['*.example.org']),
      policy('exact', ['a.example.org']),
      policy('mx', ['*'], ['*.mx.example']),
      platform,
    ],
    nothing,
  )
  assert.ok('plan' in result)
  assert.deepEqual(
    result.plan.config.policies.map(({ name }) => name),
    ['exact', 'below', 'mx', 'all'],
  )
})

test('the protection before a configuration is published is that of a platform with default settings', () => {
  const planned = plan([platform], nothing)
  assert.ok('plan' in planned)
  assert.deepEqual(planned.plan.config.platform.protection, DEFAULT_PROTECTION)
})

test('an external broker requires its passwords, and allows no settings of a local broker', () => {
  const brokerOf = (broker: unknown): AnyResource =>
    make('MailPlatform', 'mail', { hostName: 'mail.example.org', broker })
  const elsewhere = { url: 'tls://a.example:4222,tls://b.example:4222', passwordsFile: 'accounts.json', replicas: 3 }
  const planned = plan([brokerOf({ ...elsewhere, caFile: 'ca.pem' })], nothing)
  assert.ok('plan' in planned)
  assert.deepEqual(planned.plan.deployment.broker.outside, {
    servers: ['tls://a.example:4222', 'tls://b.example:4222'],
    passwordsFile: 'accounts.json',
    caFile: 'ca.pem',
  })
  for (const [broker, path] of [
    [{ url: 'nats://a.example' }, 'passwordsFile'],
    [{ ...elsewhere, servers: 3 }, 'servers'],
    [{ ...elsewhere, certificateFile: 'c.pem' }, 'keyFile'],
    [{ caFile: 'ca.pem' }, 'caFile'],
  ] as const)
    assert.deepEqual(pathsOf(brokerOf(broker)), [`MailPlatform default/mail: spec.broker.${path}`])
})
