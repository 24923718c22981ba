import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Transactions } from './transactions.ts'

const mail = { eightBit: false, utf8: true, requireTls: false }

test('a recipient that is named twice gets one message, by its last parameters and at its first place', () => {
  const transactions = new Transactions()
  const envelope = {}
  transactions.begin(envelope, 'sam@sender.test', mail)
  transactions.add(envelope, { address: 'a@remote.test' })
  transactions.add(envelope, { address: 'b@remote.test' })
  transactions.add(envelope, { address: 'a@remote.test', notify: 'NEVER' })
  assert.deepEqual(transactions.get(envelope), {
    from: 'sam@sender.test',
    mail,
    recipients: [{ address: 'a@remote.test', notify: 'NEVER' }, { address: 'b@remote.test' }],
  })
  assert.equal(transactions.usesUtf8(envelope), true)
})

test('another transaction begins with no recipients, and none is there before MAIL', () => {
  const transactions = new Transactions()
  const envelope = {}
  assert.throws(() => transactions.get(envelope))
  transactions.begin(envelope, 'sam@sender.test', mail)
  transactions.add(envelope, { address: 'a@remote.test' })
  transactions.begin(envelope, 'sam@sender.test', mail)
  assert.deepEqual(transactions.get(envelope).recipients, [])
  assert.throws(() => transactions.get({}))
})
