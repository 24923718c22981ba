import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { dkimPurpose, unseal } from '@postrider/secrets/seal'
import { Sealer } from './signing.ts'
import type { StoredKey } from './secrets.ts'

const PLATFORM_KEY = randomBytes(32)
const key = (selector: string, pem: string): StoredKey => ({
  selector,
  pem,
  algorithm: 'Ed25519',
  generation: 1,
  createdAt: 0,
  request: '',
})
const of = (domains: Record<string, StoredKey[]>) => new Map(Object.entries(domains))

/** The sealed form of a domain's only key. */
function sealedIn(configs: ReturnType<Sealer['sealAll']>, domain = 'a.test'): string {
  const [config] = configs.get(domain) ?? []
  assert.ok(config !== undefined)
  return config.sealedKey
}

test('a key is sealed once for as long as it is there', () => {
  const sealer = new Sealer(PLATFORM_KEY, [])
  const first = sealer.sealAll(of({ 'a.test': [key('s1', 'one')] }))
  assert.deepEqual(sealer.sealAll(of({ 'a.test': [key('s1', 'one')] })), first)
  assert.equal(unseal(PLATFORM_KEY, dkimPurpose('a.test', 's1'), sealedIn(first)), 'one')
  assert.equal(first.get('a.test')?.[0]?.algorithm, 'ed25519-sha256')
})

test('a key that was replaced under the same selector is sealed as it is now', () => {
  const sealer = new Sealer(PLATFORM_KEY, [])
  sealer.sealAll(of({ 'a.test': [key('s1', 'one')] }))
  const sealed = sealedIn(sealer.sealAll(of({ 'a.test': [key('s1', 'two')] })))
  assert.equal(unseal(PLATFORM_KEY, dkimPurpose('a.test', 's1'), sealed), 'two')
})

test('what the configuration holds already stays as it is, unless another platform key sealed it', () => {
  const sealedKey = new Sealer(PLATFORM_KEY, []).sealAll(of({ 'a.test': [key('s1', 'one')] }))
  const foreign = new Sealer(randomBytes(32), []).sealAll(of({ 'b.test': [key('s1', 'one')] }))
  const published = [...sealedKey, ...foreign].map(([domain, dkim]) => ({ domain, dkim }))
  const again = new Sealer(PLATFORM_KEY, published).sealAll(
    of({ 'a.test': [key('s1', 'one')], 'b.test': [key('s1', 'one')] }),
  )
  assert.equal(sealedIn(again), sealedIn(sealedKey))
  assert.notEqual(sealedIn(again, 'b.test'), sealedIn(foreign, 'b.test'))
})

test('the keys of a domain that was deleted, and those that sign no longer, are forgotten', () => {
  const sealer = new Sealer(PLATFORM_KEY, [])
  const first = sealer.sealAll(of({ 'a.test': [key('s1', 'one')], 'b.test': [key('s1', 'one')] }))
  sealer.sealAll(of({ 'b.test': [key('s2', 'two')] }))
  const again = sealer.sealAll(of({ 'a.test': [key('s1', 'one')], 'b.test': [key('s1', 'one')] }))
  for (const domain of ['a.test', 'b.test']) assert.notEqual(sealedIn(again, domain), sealedIn(first, domain))
})
