import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareRecord } from './compare.ts'
import { nextLook } from './schedule.ts'
import { ownershipToken, wantedRecords } from './wanted.ts'
import type { Purpose, WantedRecord } from './wanted.ts'
import { clientSetupRecords } from './client-setup.ts'

const key = Buffer.alloc(32, 1)
const facts = {
  domainName: 'a.test',
  namespace: 'shop',
  hostName: 'mail.platform.test',
  addresses: [],
  dkim: [{ selector: 'pr-rsa', value: 'v=DKIM1; k=rsa; p=AAAA' }],
}

function state(purpose: Purpose, ...values: string[]): string {
  const wanted = wantedRecords(facts, key).find((record) => record.purpose === purpose)
  assert.ok(wanted)
  return compareRecord(wanted, { values }).state
}

test('the token of a namespace is of no use to another', () => {
  assert.match(ownershipToken(key, 'shop', 'a.test'), /^[0-9a-f]{32}$/)
  assert.notEqual(ownershipToken(key, 'shop', 'a.test'), ownershipToken(key, 'bank', 'a.test'))
  assert.equal(
    state('Ownership', 'google-site-verification=1', `postrider-verification=${ownershipToken(key, 'shop', 'a.test')}`),
    'Found',
  )
  assert.equal(state('Ownership', `postrider-verification=${ownershipToken(key, 'bank', 'a.test')}`), 'Different')
  assert.equal(state('Ownership', 'something else'), 'Missing')
})

test('an SPF record of the owner is right when it lets us pass', () => {
  assert.equal(state('SPF', 'v=spf1 a:mail.platform.test ~all'), 'Found')
  assert.equal(state('SPF', 'v=spf1 include:_spf.example.net +A:mail.platform.test -all'), 'Found')
  assert.equal(state('SPF', 'v=spf1 -all'), 'Different')
  assert.equal(state('SPF', 'v=spf10 a:mail.platform.test'), 'Missing')
  const pool = wantedRecords({ ...facts, addresses: ['192.0.2.1', '2001:db8::1'] }, key)
  assert.equal(pool.find(({ purpose }) => purpose === 'SPF')?.value, 'v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~all')
})

test('DKIM is compared by its key, DMARC by having a policy, the return path by having an exchanger', () => {
  assert.equal(state('DKIM', 'v=DKIM1; p=AA AA; k=rsa'), 'Found')
  assert.equal(state('DKIM', 'v=DKIM1; k=rsa; p=BBBB'), 'Different')
  assert.equal(state('DKIM', 'v=DKIM1; k=rsa; p='), 'Different', 'a revoked key')
  assert.equal(state('DMARC', 'v=DMARC1; p=reject; rua=mailto:x@a.test'), 'Found')
  assert.equal(state('DMARC', 'v=DMARC1; rua=mailto:x@a.test'), 'Different')
  assert.equal(state('ReturnPath', 'mx.a.test'), 'Found')
  assert.equal(state('ReturnPath', '.'), 'Different')
  assert.equal(state('ReturnPath'), 'Missing')
})

test('a DNS that cannot be asked tells nothing', () => {
  const [wanted] = wantedRecords(facts, key)
  assert.ok(wanted)
  assert.equal(compareRecord(wanted, { failed: 'ETIMEOUT' }).state, 'Unknown')
})

test('what is incomplete is looked at soon, and less and less often', () => {
  const middle = () => 0.5
  assert.equal(nextLook({ complete: false, since: 0 }, 3_600_000, middle), 10_000)
  assert.equal(nextLook({ complete: false, since: 600_000 }, 3_600_000, middle), 150_000)
  assert.equal(nextLook({ complete: false, since: 1e9 }, 3_600_000, middle), 3_600_000)
  assert.equal(nextLook({ complete: true, since: 0 }, 3_600_000, middle), 3_600_000)
})

test('mail clients find the servers that there are, and a tenant may point them where he likes', () => {
  const records = clientSetupRecords({
    domainName: 'a.test',
    submission: { host: 'smtp.platform.test', implicitTls: 465, startTls: 587 },
    incoming: [
      { protocol: 'imap', host: 'imap.a.test', port: 993, implicitTls: true, userName: 'Address' },
      { protocol: 'pop3', host: 'pop.a.test', port: 110, implicitTls: false, userName: 'Address' },
    ],
    publicHost: 'setup.platform.test',
  })
  assert.deepEqual(
    records.map(({ type, name, value }) => `${name} ${type} ${value}`),
    [
      '_submissions._tcp.a.test SRV 0 1 465 smtp.platform.test.',
      '_submission._tcp.a.test SRV 0 1 587 smtp.platform.test.',
      '_imaps._tcp.a.test SRV 0 1 993 imap.a.test.',
      '_pop3._tcp.a.test SRV 10 1 110 pop.a.test.',
      'autoconfig.a.test CNAME setup.platform.test.',
      'autodiscover.a.test CNAME setup.platform.test.',
      '_autodiscover._tcp.a.test SRV 0 1 443 setup.platform.test.',
    ],
  )
  assert.ok(records.every(({ required }) => !required))
  const [submissions, , , , autoconfig] = records
  assert.ok(submissions && autoconfig)
  const seen = (record: WantedRecord, ...values: string[]): string => compareRecord(record, { values }).state
  assert.equal(seen(submissions, '5 0 465 SMTP.platform.test.'), 'Found')
  assert.equal(seen(submissions, '0 1 587 smtp.platform.test.'), 'Different')
  assert.equal(seen(submissions, '0 0 0 .'), 'Different')
  assert.equal(seen(autoconfig, 'setup.platform.test.'), 'Found')
  assert.equal(seen(autoconfig, 'elsewhere.test.'), 'Different')
  assert.deepEqual(
    clientSetupRecords({ domainName: 'a.test', submission: undefined, incoming: [], publicHost: undefined }),
    [],
  )
})
