import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StoredKey } from '../../dkim/secrets.ts'
import type { DkimSteps } from '../../dkim/keys.ts'
import type { ComparedRecord } from '../../dns/compare.ts'
import { KINDS } from '@postrider/resources/kinds'
import { againIn, completeness, describeKeys, publishedSelectors, setupFacts, wishOf } from './domain-status.ts'

const domain = (spec: object = {}) => ({
  kind: 'Domain' as const,
  namespace: 'shop',
  name: 'site',
  origin: '',
  spec: KINDS.Domain.parse({ domainName: 'shop.test', ...spec }),
})
const platform = (spec: object = {}) => ({
  kind: 'MailPlatform' as const,
  namespace: 'mail',
  name: 'main',
  origin: '',
  spec: KINDS.MailPlatform.parse({ hostName: 'mail.sender.test', ...spec }),
})
const record = (change: Partial<ComparedRecord>): ComparedRecord => ({
  purpose: 'DKIM',
  type: 'TXT',
  name: 's1._domainkey.shop.test',
  value: '',
  required: true,
  state: 'Found',
  ...change,
})
const steps = (change: Partial<DkimSteps> = {}): DkimSteps => ({
  make: [],
  supersede: [],
  remove: [],
  states: new Map(),
  ...change,
})
const key = (selector: string, supersededAt?: number): StoredKey => ({
  selector,
  algorithm: 'Ed25519',
  pem: 'private',
  generation: 1,
  createdAt: 0,
  request: '',
  ...(supersededAt === undefined ? {} : { supersededAt }),
})

test('a rotation is asked for by its request, and lasts as long as its overlap', () => {
  const { request, overlapMs } = wishOf(domain({ dkim: { rotation: { request: 'today', overlap: '2d' } } }))
  assert.deepEqual([request, overlapMs], ['today', 2 * 86_400_000])
  assert.equal(wishOf(domain()).request, '')
})

test('selectors are published when their records are found', () => {
  const records = [
    record({}),
    record({ name: 's2._domainkey.shop.test', state: 'Missing' }),
    record({ name: 'shop.test', purpose: 'SPF' }),
  ]
  assert.deepEqual([...publishedSelectors(records)], ['s1'])
})

test('the status shows keys with their state and never their private half', () => {
  const states = new Map([['s1', 'Signing' as const]])
  const shown = describeKeys([key('s1'), key('s0', 1000)], { states }, 60_000)
  assert.deepEqual(shown, [
    { selector: 's1', algorithm: 'Ed25519', state: 'Signing', createdAt: '1970-01-01T00:00:00.000Z' },
    {
      selector: 's0',
      algorithm: 'Ed25519',
      state: 'Retiring',
      createdAt: '1970-01-01T00:00:00.000Z',
      retireAt: '1970-01-01T00:01:01.000Z',
    },
  ])
})

test('mail clients are led to what can be reached from outside', () => {
  const inside = setupFacts(platform({ api: { publicHost: 'setup.sender.test' } }), domain())
  assert.deepEqual([inside.submission, inside.publicHost], [undefined, 'setup.sender.test'])
  const outside = setupFacts(
    platform({ ingress: { clientHost: 'smtp.sender.test' }, api: { replicas: 0, publicHost: 'setup.sender.test' } }),
    domain({ incoming: { imap: { host: 'imap.shop.test' } } }),
  )
  assert.deepEqual(outside.submission, { host: 'smtp.sender.test', implicitTls: 465, startTls: 587 })
  assert.equal(outside.publicHost, undefined)
  assert.deepEqual(
    outside.incoming.map(({ protocol, host }) => `${protocol} ${host}`),
    ['imap imap.shop.test'],
  )
})

test('records are complete when the required ones are found, and incomplete since that was noticed', () => {
  const verified = (status: 'True' | 'False') => ({
    status: {
      conditions: [
        { type: 'DNSVerified', status, reason: '', message: '', lastTransitionTime: '1970-01-01T00:00:01Z' },
      ],
    },
  })
  const missing = record({ state: 'Missing' })
  assert.deepEqual(completeness([record({}), { ...missing, required: false }], {}, 5000), { complete: true, since: 0 })
  assert.deepEqual(completeness([missing], {}, 5000), { complete: false, since: 0 })
  assert.deepEqual(completeness([missing], verified('True'), 5000), { complete: false, since: 0 })
  assert.deepEqual(completeness([missing], verified('False'), 5000), { complete: false, since: 4000 })
})

test('a Domain is looked at again soon while keys are to be made or removed, else for what comes first', () => {
  const later = { owned: undefined, recordsAt: 9000 }
  assert.equal(againIn(steps(), later, 5000), 4000)
  assert.equal(againIn(steps(), later, 10_000), 0)
  assert.equal(againIn(steps({ nextAt: 6000 }), later, 5000), 1000)
  assert.equal(againIn(steps(), { ...later, owned: 70 }, 5000), 70)
  const soon = againIn(steps({ make: [{ selector: 's2', algorithm: 'Ed25519', generation: 2 }] }), later, 8999)
  assert.equal(soon, 500)
})
