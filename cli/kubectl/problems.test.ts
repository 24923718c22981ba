import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CredentialObject, DomainObject, PlatformObject, Seen } from './objects.ts'
import { problemsOf } from './problems.ts'
import type { Surveyed } from './problems.ts'

const NOW = new Date('2026-01-15T12:00:00Z')

/** `Ready=False Suspended` as a condition. */
const conditions = (...texts: string[]) =>
  texts.map((text) => {
    const [, type = '', status = '', reason = ''] = /^(\w+)=(\w+) (\w+)$/.exec(text) ?? []
    const message = `${type === 'Ready' ? '' : `${type} `}${reason}`
    return { type, status: status as 'True', reason, message, lastTransitionTime: '2026-01-01T00:00:00Z' }
  })
const object = (kind: string, name: string, spec: object, ...texts: string[]): Seen => ({
  kind,
  metadata: { namespace: 'shop', name, generation: 1 },
  spec,
  status: { observedGeneration: 1, conditions: conditions(...texts) },
})
const domain = (...texts: string[]): DomainObject => object('Domain', 'site', { domainName: 'shop.test' }, ...texts)
const credential = (...texts: string[]): CredentialObject =>
  object('SMTPCredential', 'app', { address: 'app@shop.test', domainRef: { name: 'site' } }, ...texts)
const platform = (...texts: string[]): PlatformObject =>
  object('MailPlatform', 'mail', { hostName: 'm.test' }, ...texts)
const told = (seen: Partial<Surveyed>): string[] =>
  problemsOf(
    { platforms: [], everywhere: false, domains: [], credentials: [], senders: [], rules: [], operators: [], ...seen },
    NOW,
  ).map(({ severity, kind, type, reason, waiting }) => [severity, kind, type, reason, ...waiting].join(' '))

test('a Domain: what is told, and nothing twice', () => {
  const table: [string[], string[]][] = [
    [['Accepted=True Accepted', 'DNSVerified=True Verified', 'Ready=True Ready'], []],
    [
      ['Accepted=False NameTaken', 'OwnershipVerified=False NotVerified', 'Ready=False NameTaken'],
      ['problem Domain Accepted NameTaken'],
    ],
    [
      ['Accepted=True Accepted', 'DKIMReady=False RecordMissing', 'DNSVerified=False RecordMissing'],
      ['problem Domain DNSVerified RecordMissing'],
    ],
    [
      ['Accepted=True Accepted', 'OwnershipRecordPresent=False RecordMissing', 'OwnershipVerified=True RecordMissing'],
      ['problem Domain OwnershipRecordPresent RecordMissing'],
    ],
    [['Accepted=True SendersNotAllowed'], ['problem Domain Accepted SendersNotAllowed']],
    [['Accepted=True Accepted', 'DNSVerified=True LookupFailed'], ['note Domain DNSVerified LookupFailed']],
    [['Accepted=True Accepted', 'Ready=False Suspended'], ['note Domain Ready Suspended']],
  ]
  for (const [given, expected] of table) assert.deepEqual(told({ domains: [domain(...given)] }), expected, given.join())
})

test('a waiting credential is reported with what holds its Domain, not with whatever else is wrong there', () => {
  const held = domain('Accepted=True Accepted', 'DNSVerified=False RecordMissing', 'Ready=False Suspended')
  assert.deepEqual(told({ domains: [held], credentials: [credential('Ready=False DomainNotReady')] }), [
    'problem Domain DNSVerified RecordMissing',
    'note Domain Ready Suspended app',
  ])
  // Its Domain was not seen.
  assert.deepEqual(told({ credentials: [credential('Ready=False DomainNotReady')] }), [
    'problem SMTPCredential Ready DomainNotReady',
  ])
})

test('a limit that is reached, and a certificate that ends soon, though no condition says so', () => {
  const spent = credential('Ready=True Ready')
  spent.status = { ...spent.status, sentToday: 10, dailyLimit: 10 }
  assert.deepEqual(told({ credentials: [spent] }), ['problem SMTPCredential Limit LimitReached'])
  const mail = platform('CertificateReady=True Valid')
  for (const [end, expected] of [
    ['2026-01-28T00:00:00Z', ['problem MailPlatform CertificateReady ExpiresSoon']],
    ['2026-01-30T00:00:00Z', []],
  ] as const) {
    mail.status = { ...mail.status, certificateNotAfter: end }
    assert.deepEqual(told({ platforms: [mail] }), expected)
  }
})

test('a platform: all that is bad, but of one that is not served only that', () => {
  const bad = ['IngressReady=False NoPods', 'DeliveryReady=True SomePods', 'Ready=False NoPods']
  assert.deepEqual(told({ platforms: [platform('Accepted=True Valid', ...bad)] }), [
    'problem MailPlatform IngressReady NoPods',
    'note MailPlatform DeliveryReady SomePods',
  ])
  assert.deepEqual(told({ platforms: [platform('Accepted=False OlderPlatformExists', 'IngressReady=False NoPods')] }), [
    'problem MailPlatform Accepted OlderPlatformExists',
  ])
})

test('what the operator has not looked at is told, but not where there is no platform at all', () => {
  const changed = domain('Accepted=True Accepted', 'Ready=True Ready')
  changed.metadata = { ...changed.metadata, generation: 2 }
  const stale = domain('Accepted=True Accepted', 'DNSVerified=False RecordMissing')
  stale.metadata = { ...stale.metadata, generation: 2 }
  assert.deepEqual(told({ domains: [stale] }), [
    'problem Domain DNSVerified RecordMissing',
    'problem Domain Ready NotObserved',
  ])
  for (const one of [domain(), changed])
    assert.deepEqual(told({ domains: [one] }), ['problem Domain Ready NotObserved'])
  assert.deepEqual(told({ everywhere: true, domains: [domain()] }), ['problem MailPlatform Ready NoPlatform'])
  assert.deepEqual(told({ operators: [{ namespace: 's', name: 'o', ready: 0 }] }), [
    'problem Deployment Available NoPods',
  ])
})

test('a limit, pool or policy without effect is reported; one that overlaps counts for the rest', () => {
  const policy = (...texts: string[]): Seen => object('DestinationPolicy', 'all', {}, ...texts)
  const table: [Seen, string[]][] = [
    [policy('Accepted=True Accepted'), []],
    [policy('Accepted=True Overlapping'), ['note DestinationPolicy Accepted Overlapping']],
    [policy('Accepted=False Shadowed'), ['problem DestinationPolicy Accepted Shadowed']],
    [policy(), ['problem DestinationPolicy Ready NotObserved']],
  ]
  for (const [given, expected] of table) assert.deepEqual(told({ rules: [given] }), expected)
  const elsewhere = {
    ...platform('Accepted=True Valid'),
    metadata: { namespace: 'system', name: 'mail', generation: 1 },
  }
  assert.deepEqual(told({ platforms: [elsewhere], rules: [policy(), object('SMTPLimit', 'few', {})] }), [
    'problem DestinationPolicy Accepted NamespaceNotAllowed',
    'problem SMTPLimit Ready NotObserved',
  ])
})

test('an address: a code that nobody gave back yet is noted, one that is locked is told, and the Domain once', () => {
  const sender = (...texts: string[]) => object('SenderAddress', 'boss', { address: 'boss@gmail.test' }, ...texts)
  for (const [texts, expected] of [
    [['Verified=True Verified', 'Ready=True Ready'], []],
    [['Verified=False CodeSent', 'Ready=False NotVerified'], ['note SenderAddress Verified CodeSent']],
    [['Verified=False TooManyAttempts', 'Ready=False NotVerified'], ['problem SenderAddress Verified TooManyAttempts']],
    [['Verified=True Verified', 'Ready=False SendersNotAllowed'], ['problem SenderAddress Ready SendersNotAllowed']],
    [['Verified=True Verified', 'Ready=False DomainNotReady'], []],
    [[], ['problem SenderAddress Ready NotObserved']],
  ] as const)
    assert.deepEqual(told({ senders: [sender(...texts)] }), expected, texts.join())
})
