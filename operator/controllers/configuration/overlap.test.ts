import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overlaps } from './overlap.ts'
import type { Matching } from './overlap.ts'

const policy = (name: string, domains: string[], mx: string[] = []): Matching => ({ name, domains, mx })
const found = (...policies: Matching[]): Record<string, string | undefined> =>
  Object.fromEntries([...overlaps(policies, 'mail')].map(([object, [finding]]) => [object, finding?.reason]))

test('policies for different destinations do not disturb each other', () => {
  assert.deepEqual(found(policy('a', ['one.test']), policy('b', ['two.test'])), {})
  assert.deepEqual(found(policy('a', ['*'], ['mx.one.test']), policy('b', ['*'], ['mx.two.test'])), {})
  assert.deepEqual(found(policy('a', ['one.test'], ['mx.one.test']), policy('b', ['one.test'])), {})
})

test('a policy whose destinations all belong to earlier ones is never applied', () => {
  assert.deepEqual(found(policy('a', ['one.test']), policy('b', ['one.test'])), {
    'DestinationPolicy mail/b': 'Shadowed',
  })
  assert.deepEqual(found(policy('a', ['one.test']), policy('b', ['two.test']), policy('c', ['one.test', 'two.test'])), {
    'DestinationPolicy mail/c': 'Shadowed',
  })
})

test('a policy of which something is left learns which part is taken, and by whom', () => {
  const [finding] = overlaps([policy('a', ['one.test']), policy('b', ['one.test', 'two.test'])], 'mail').get(
    'DestinationPolicy mail/b',
  ) ?? [undefined]
  assert.equal(finding?.reason, 'Overlapping')
  assert.match(finding.message, /one\.test by any MX \(DestinationPolicy a\)/)
  assert.doesNotMatch(finding.message, /two\.test|never applied/)
})

test('a destination belongs to the first policy, however many want it', () => {
  const all = overlaps([policy('a', ['one.test']), policy('b', ['one.test']), policy('c', ['one.test'])], 'mail')
  assert.match(all.get('DestinationPolicy mail/c')?.[0]?.message ?? '', /DestinationPolicy a\)/)
})
