import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { DURATION, SIZE, durationMs, sizeBytes } from './quantity.ts'
import { readResource } from './read.ts'
import { referencePage } from './reference.ts'
import type { Kind } from './kinds.ts'
import { manifest } from '../../test/support/manifest.ts'

const named = (kind: Kind, spec: unknown) => manifest(kind, 'x', spec)
const pathsOf = (given: unknown): string[] => {
  const read = readResource(given, 'test')
  return 'problems' in read ? read.problems.map(({ path }) => path) : []
}

test('durations and sizes are read with their units', () => {
  assert.deepEqual(
    ['0', '250ms', '30s', '5m', '4h', '30d'].map(durationMs),
    [0, 250, 30_000, 300_000, 14_400_000, 2_592_000_000],
  )
  assert.deepEqual(['1000', '64Ki', '25Mi', '1Gi'].map(sizeBytes), [1000, 65_536, 26_214_400, 1_073_741_824])
  for (const wrong of ['', '5', '-1s', '1.5h', '5 m', '5M', '1w']) assert.ok(!DURATION.test(wrong), wrong)
  for (const wrong of ['', '1K', '1.5Mi', 'Mi', '-1']) assert.ok(!SIZE.test(wrong), wrong)
})

test('every duration that is allowed is a whole number of milliseconds', () => {
  fc.assert(
    fc.property(fc.nat(9_999_999), fc.constantFrom('ms', 's', 'm', 'h', 'd'), (count, unit) => {
      const text = `${count}${unit}`
      assert.ok(DURATION.test(text) && Number.isSafeInteger(durationMs(text)))
    }),
  )
})

test('a manifest with only the required fields gets the defaults', () => {
  const read = readResource(named('MailPlatform', { hostName: 'mail.example.org' }), 'test')
  assert.ok('resource' in read && read.resource.kind === 'MailPlatform')
  assert.equal(read.resource.spec.retry.lifetime, '5d')
  assert.equal(read.resource.spec.ingress.listeners.length, 2)
  assert.equal(read.resource.namespace, 'default')
})

test('each error names its field', () => {
  const cases: [unknown, string][] = [
    [named('Domain', {}), 'spec.domainName'],
    [named('Domain', { domainName: 'UPPER.example' }), 'spec.domainName'],
    [named('Domain', { domainName: 'a.example', dkim: { algorithms: ['MD5'] } }), 'spec.dkim.algorithms[0]'],
    [named('Domain', { domainName: 'a.example', dkmi: {} }), 'spec'],
    [named('SMTPLimit', { recipientsPerMessage: 0 }), 'spec.recipientsPerMessage'],
    [named('MailPlatform', { hostName: 'mail.example.org', retry: { lifetime: 'long' } }), 'spec.retry.lifetime'],
    [{ ...named('Domain', {}), kind: 'Domian' }, 'kind'],
    [{ ...named('Domain', { domainName: 'a.example' }), apiVersion: 'v1' }, 'apiVersion'],
    [{ ...named('Domain', { domainName: 'a.example' }), sepc: {} }, 'sepc'],
    [{ ...named('Domain', { domainName: 'a.example' }), metadata: { name: 'No' } }, 'metadata.name'],
    ['text', ''],
  ]
  for (const [given, path] of cases) assert.deepEqual(pathsOf(given), [path], JSON.stringify(given))
})

test('readResource never throws', () => {
  fc.assert(fc.property(fc.anything(), (given) => void readResource(given, 'test')))
})

test('the reference page matches the schemas', () => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'resources.md'), 'utf8')
  assert.equal(page.trim(), referencePage().trim(), 'run: make generate')
})
