import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ComparedRecord } from '@postrider/operator/dns/compare'
import { mergeSpf, quoted, zoneLines } from './zone.ts'

const record = (change: Partial<ComparedRecord>): ComparedRecord => ({
  purpose: 'SPF',
  type: 'TXT',
  name: 'example.org',
  value: 'v=spf1 a:mail.example.net ~all',
  required: true,
  state: 'Missing',
  ...change,
})

test('what is there already is only a comment, and what is missing can be pasted', () => {
  const lines = zoneLines('example.org', [
    record({ state: 'Found' }),
    record({ purpose: 'DMARC', name: '_dmarc.x.org' }),
  ])
  assert.deepEqual(
    lines.filter((line) => !line.startsWith(';')),
    ['_dmarc.x.org. 3600 IN TXT "v=spf1 a:mail.example.net ~all"'],
  )
  assert.match(lines[0] ?? '', /1 to publish/)
  assert.match(zoneLines('example.org', [record({ state: 'Found' })])[0] ?? '', /all published/)
})

test('an SPF record that is there stays, with what it lacks in front of what ends it', () => {
  const table: [string, string][] = [
    ['v=spf1 -all', 'v=spf1 a:mail.example.net -all'],
    ['v=spf1 include:other.test ?all', 'v=spf1 a:mail.example.net include:other.test ?all'],
    ['v=spf1 redirect=other.test', 'v=spf1 a:mail.example.net redirect=other.test'],
    ['v=spf1  +A:mail.example.net -all', 'v=spf1 +A:mail.example.net -all'],
  ]
  for (const [present, expected] of table) assert.equal(mergeSpf(present, record({}).value), expected)
})

test('an SPF record too long to be seen whole is to be extended, not replaced', () => {
  const lines = zoneLines('example.org', [
    record({ state: 'Different', seen: `v=spf1 ${'a '.repeat(300)}`.slice(0, 500) }),
  ])
  assert.ok(lines.every((line) => line.startsWith(';')))
  assert.match(lines.join('\n'), /add a:mail\.example\.net to the existing record/)
})

test('a text is cut into strings of 255 octets, with what a zone file takes for its own escaped', () => {
  assert.equal(quoted('a"b\\c'), '"a\\"b\\\\c"')
  assert.equal(quoted('é;'), '"\\195\\169;"')
  assert.equal(quoted(''), '""')
  const parts = quoted('x'.repeat(600)).split(' ')
  assert.deepEqual(
    parts.map((part) => part.length - 2),
    [255, 255, 90],
  )
})

test('what the DNS of others says cannot end a comment', () => {
  const lines = zoneLines('example.org', [
    record({ purpose: 'DKIM', state: 'Different', seen: 'p=x\nevil. IN A 192.0.2.1' }),
    record({ state: 'Unknown', seen: 'SERVFAIL\nevil. IN A 192.0.2.1' }),
  ])
  assert.ok(lines.every((line) => !/^evil/m.test(line)))
})

test('a record for mail clients can be pasted as it is, and what it replaces is told', () => {
  const wanted = {
    purpose: 'ClientSetup',
    type: 'SRV',
    name: '_submissions._tcp.example.org',
    value: '0 1 465 smtp.example.net.',
    required: false,
  } as const
  assert.deepEqual(
    zoneLines('example.org', [record({ ...wanted }), record({ ...wanted, state: 'Different', seen: '0 0 0 .\n@' })]),
    [
      '; example.org: all published',
      '; ClientSetup',
      '_submissions._tcp.example.org. 3600 IN SRV 0 1 465 smtp.example.net.',
      '; ClientSetup, replacing: 0 0 0 .?@',
      '_submissions._tcp.example.org. 3600 IN SRV 0 1 465 smtp.example.net.',
    ],
  )
})
