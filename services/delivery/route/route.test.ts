import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesDomain } from './route.ts'

test('a pattern is a domain itself, everything below it, or everything', () => {
  const cases: [pattern: string, name: string, expected: boolean][] = [
    ['example.org', 'example.org', true],
    ['example.org', 'a.example.org', false],
    ['example.org', 'badexample.org', false],
    ['*.example.org', 'a.example.org', true],
    ['*.example.org', 'b.a.example.org', true],
    ['*.example.org', 'example.org', false],
    ['*.example.org', 'badexample.org', false],
    ['*', 'anything.test', true],
  ]
  for (const [pattern, name, expected] of cases)
    assert.equal(matchesDomain(pattern, name), expected, `${pattern} ${name}`)
})
