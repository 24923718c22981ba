import assert from 'node:assert/strict'
import { test } from 'node:test'
import { destinationOfToken, destinationToken, waitSubject } from './names.ts'

test('any destination is one token of a subject, and is read back from it', () => {
  for (const destination of ['example.org', '[IPv6:2001:db8::1]', 'xn--bcher-kva.example', 'a b.*.>']) {
    assert.match(destinationToken(destination), /^[\w-]+$/)
    assert.equal(destinationOfToken(destinationToken(destination)), destination)
    assert.equal(waitSubject(destination, 'q1', 2).split('.').length, 5)
  }
})
