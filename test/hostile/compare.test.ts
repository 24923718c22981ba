import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Behaviour, Wanted } from './behaviour.ts'
import { compare } from './compare.ts'
import type { MailEvidence, RecipientEvidence } from './evidence.ts'
import { placeOf } from './place.ts'
import type { Transaction } from './remote/record.ts'

const KIM = 'kim@a.shared.test'

function behaviour(wanted: Wanted): Behaviour {
  const domains = { a: { mx: ['10 shared', '20 other'] }, b: { mx: ['10 shared'] } }
  return { name: 'shared', what: '', hosts: { shared: {}, other: {} }, domains, mails: [{ to: ['kim@a'] }], wanted }
}

function evidence(
  wanted: Wanted,
  recipient: Partial<RecipientEvidence>,
  transactions: Partial<Transaction>[],
  more: Partial<MailEvidence> & { connections?: number } = {},
) {
  const one = behaviour(wanted)
  const usual = {
    host: '127.64.0.1',
    connection: 1,
    client: '127.0.0.1',
    clientPort: 1025,
    secure: false,
    begunAt: 0,
    endedAt: 0,
    from: 'app@sender.test',
  }
  const mail: MailEvidence = {
    mail: {},
    id: 'id',
    addresses: [KIM],
    recipients: [
      { address: KIM, state: 'delivered', attempts: 1, status: '2.0.0', category: '', reply: '', ...recipient },
    ],
    transactions: transactions.map((transaction) => ({
      ...usual,
      named: [KIM],
      accepted: [KIM],
      taken: true,
      subject: '',
      ...transaction,
    })),
    delay: 0,
    notices: 0,
    ...more,
  }
  return {
    behaviour: one,
    place: placeOf(one, 0),
    mails: [mail],
    connections: more.connections ?? 1,
    octets: 0,
    questions: 0,
  }
}

const DELIVERED: Wanted = { state: 'delivered' }

test('one delivery where one was wanted is not a difference', () => {
  const { differences, seen } = compare(evidence(DELIVERED, {}, [{}]))
  assert.deepEqual(differences, [])
  assert.match(seen, /delivered once at shared/)
})

test('a second copy is one, and so is a copy of what was not delivered', () => {
  assert.equal(compare(evidence(DELIVERED, {}, [{}, {}])).differences.length, 1)
  assert.equal(compare(evidence({ state: 'deferred' }, { state: 'deferred' }, [{}])).differences.length, 1)
})

test('a host of another domain may not even learn of the recipient', () => {
  const bob = 'bob@b.shared.test'
  const found = evidence(DELIVERED, {}, [{}, { host: '127.64.0.2', named: [bob], accepted: [], taken: false }])
  assert.match(compare(found).differences.join(), /seen by other, which is not a host of domain B/)
})

test('attempts, status, host, client and TLS count where they were wanted', () => {
  const wanted: Wanted = { ...DELIVERED, attempts: 1, at: ['other'], client: '127.0.0.9', secure: true }
  assert.equal(compare(evidence(wanted, { attempts: 2 }, [{}])).differences.length, 4)
  const failed: Wanted = { state: 'failed', status: /^5\.1\.1$/ }
  assert.equal(
    compare(evidence(failed, { state: 'failed', status: '5.7.1' }, [], { notices: 1 })).differences.length,
    1,
  )
})

test('a failure is notified once, anything else never', () => {
  const failed: Wanted = { state: 'failed' }
  assert.deepEqual(compare(evidence(failed, { state: 'failed' }, [], { notices: 1 })).differences, [])
  assert.equal(compare(evidence(failed, { state: 'failed' }, [])).differences.length, 1)
  assert.equal(compare(evidence(DELIVERED, {}, [{}], { notices: 1 })).differences.length, 1)
})
