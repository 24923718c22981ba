import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ComparedRecord, RecordState } from '../../dns/compare.ts'
import type { Condition } from '@postrider/kubernetes/status/conditions'
import { domainFindings, domainNews } from './domain-conditions.ts'
import type { DomainEvidence } from './domain-conditions.ts'

const DAY_MS = 86_400_000
const now = new Date('2026-03-01T00:00:00Z')

const record = (purpose: ComparedRecord['purpose'], state: RecordState): ComparedRecord => ({
  purpose,
  type: 'TXT',
  name: `${purpose}.a.test`,
  value: '',
  required: true,
  state,
})
const records = (ownership: RecordState, others: RecordState): ComparedRecord[] => [
  record('Ownership', ownership),
  record('SPF', others),
  record('DKIM', others),
]
const condition = (type: string, status: Condition['status'], agoMs: number): Condition => ({
  type,
  status,
  reason: '',
  message: '',
  lastTransitionTime: new Date(now.getTime() - agoMs).toISOString(),
})

function statusOf(given: Partial<DomainEvidence>): Record<string, string> {
  const evidence: DomainEvidence = {
    complaints: [],
    records: undefined,
    suspended: false,
    sending: 'AfterOwnership',
    before: [],
    now,
    ...given,
  }
  return Object.fromEntries(domainFindings(evidence).map(({ type, status, reason }) => [type, `${status} ${reason}`]))
}

test('what a Domain must have to be ready is for the platform to say', () => {
  const partly = { records: records('Found', 'Missing') }
  assert.equal(statusOf(partly)['Ready'], 'True Ready')
  assert.equal(statusOf({ ...partly, sending: 'AfterRecords' })['Ready'], 'False RecordMissing')
  assert.equal(statusOf({ records: records('Missing', 'Found') })['Ready'], 'False NotVerified')
  assert.equal(statusOf({ records: records('Missing', 'Missing'), sending: 'AtOnce' })['Ready'], 'True Ready')
  assert.equal(statusOf({ ...partly, suspended: true })['Ready'], 'False Suspended')
})

test('an ownership that was verified outlives a missing record for a week', () => {
  const before = (agoMs: number) => [
    condition('OwnershipVerified', 'True', 9 * DAY_MS),
    condition('OwnershipRecordPresent', 'False', agoMs),
  ]
  assert.equal(
    statusOf({ records: records('Missing', 'Found'), before: before(6 * DAY_MS) })['OwnershipVerified'],
    'True RecordMissing',
  )
  assert.equal(
    statusOf({ records: records('Missing', 'Found'), before: before(8 * DAY_MS) })['OwnershipVerified'],
    'False NotVerified',
  )
})

test('a DNS that cannot be asked changes nothing', () => {
  const before = [
    condition('OwnershipRecordPresent', 'True', 0),
    condition('OwnershipVerified', 'True', 0),
    condition('DNSVerified', 'True', 0),
  ]
  const held = statusOf({ records: records('Unknown', 'Unknown'), before })
  assert.equal(held['DNSVerified'], 'True LookupFailed')
  assert.equal(held['Ready'], 'True Ready')
  assert.equal(statusOf({ records: records('Unknown', 'Unknown') })['Ready'], 'False NotVerified')
})

test('a Domain that is not served says only why', () => {
  const complaints = [{ reason: 'NamespaceNotAllowed' as const, message: 'no' }]
  assert.deepEqual(statusOf({ complaints }), {
    Accepted: 'False NamespaceNotAllowed',
    Ready: 'False NamespaceNotAllowed',
  })
  const senders = [{ reason: 'SendersNotAllowed' as const, message: 'no' }]
  assert.equal(
    statusOf({ complaints: senders, records: records('Found', 'Found') })['Accepted'],
    'True SendersNotAllowed',
  )
})

test('that a Domain becomes ready, or ceases to be, is an Event; what was never known is no news', () => {
  const ready = (status: Condition['status']) => [condition('Ready', status, 0)]
  const news = (before: Condition[], now: Condition[]) =>
    domainNews(before, now).map(({ severity, event }) => `${severity} ${event}`)
  assert.deepEqual(news(ready('False'), ready('True')), ['Normal Ready'])
  assert.deepEqual(news(ready('True'), ready('False')), ['Warning NotReady'])
  assert.deepEqual(news(ready('False'), ready('False')), [])
  assert.deepEqual(news([], ready('False')), [])
})
