import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generatePassword } from './password.ts'

test('passwords have 24 characters that need no quoting, without look-alikes, and differ', () => {
  const passwords = new Set(Array.from({ length: 500 }, () => generatePassword()))
  assert.equal(passwords.size, 500)
  for (const password of passwords) assert.match(password, /^[2-9A-HJ-NP-Za-km-z]{24}$/)
})

test('each character is as likely as any other', () => {
  const firstOf = (octet: number): string =>
    generatePassword(() => Buffer.from([octet, ...Buffer.alloc(31, 5)]))[0] ?? ''
  const counts = new Map<string, number>()
  for (let octet = 0; octet < 224; octet++) counts.set(firstOf(octet), (counts.get(firstOf(octet)) ?? 0) + 1)
  assert.deepEqual([counts.size, new Set(counts.values())], [56, new Set([4])])
  // The octets that are left would make 32 characters likelier.
  for (let octet = 224; octet < 256; octet++) assert.equal(firstOf(octet), firstOf(5))
})
