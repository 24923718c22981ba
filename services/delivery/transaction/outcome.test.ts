import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_TEXT_OCTETS } from '@postrider/smtp/reply-bounds'
import { ConnectionBrokenError, forAll } from './outcome.ts'

test('what a broken connection says is bounded: certificates and host names are the words of the remote', () => {
  const error = new ConnectionBrokenError('TLS', 'starttls', 'ü'.repeat(MAX_TEXT_OCTETS))
  assert.ok(Buffer.byteLength(error.message) <= MAX_TEXT_OCTETS)
  assert.equal(new ConnectionBrokenError('CLOSED', 'data', 'closed').message, 'closed')
})

test('the same result is one of its own for each recipient', () => {
  const recipients = [{ address: 'a@remote.test' }, { address: 'b@remote.test' }]
  const results = forAll(recipients, { result: 'refused', reply: '550 no', stage: 'mail' })
  assert.deepEqual(
    results.map(({ recipient, result }) => [recipient.address, result]),
    [
      ['a@remote.test', 'refused'],
      ['b@remote.test', 'refused'],
    ],
  )
  assert.notEqual(results[0], results[1])
})
