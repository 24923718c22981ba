import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LimitConfig } from '@postrider/runtime-config/config'
import { RefusalError } from '@postrider/smtp/refusal'
import type { Ledger } from './ledger.ts'
import { reserve } from './reserve.ts'

const rules: LimitConfig = { name: 'few', messagesPerDay: 10, recipientsPerMessage: 100, messageBytes: 1000 }
const both = [
  { account: 'credential/a@sender.test', limit: rules },
  { account: 'domain/sender.test', limit: { ...rules, name: 'many' } },
]

const message = { recipients: 3, destinations: new Set(['remote.test']) }

/** A ledger that records its calls. `other` replaces the result for some accounts. */
function ledgerWith(other: Partial<Record<string, Awaited<ReturnType<Ledger['spend']>> | Error>> = {}) {
  const asked: string[] = []
  const ledger: Ledger = {
    spend(account) {
      asked.push(`spend ${account}`)
      const answer = other[account] ?? { receipt: { at: 7, recipients: 3 } }
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
    refund(account, { recipients, at }) {
      asked.push(`refund ${account} ${recipients} at ${at}`)
      return Promise.resolve()
    },
  }
  return { ledger, asked }
}

test('a message counts for its credential and its domain, and is refunded to both', async () => {
  const { ledger, asked } = ledgerWith()
  const release = await reserve(ledger, both, message)
  assert.deepEqual(asked, ['spend credential/a@sender.test', 'spend domain/sender.test'])
  await release()
  assert.deepEqual(asked.slice(2), ['refund credential/a@sender.test 3 at 7', 'refund domain/sender.test 3 at 7'])
})

test('a message that the limit of the domain refuses is refunded to the credential; the reply names limit, use and time', async () => {
  const exceeded = { limit: 'many', field: 'recipientsPerDay', used: 9, allowed: 10, freeAt: 86_400_000 } as const
  const { ledger, asked } = ledgerWith({ 'domain/sender.test': { exceeded } })
  await assert.rejects(reserve(ledger, both, message), (error: unknown) => {
    assert.ok(error instanceof RefusalError)
    assert.deepEqual([error.responseCode, error.status, error.reason], [452, '4.7.1', 'limit'])
    assert.match(error.message, /domain sender\.test has sent to 9 of 10 recipients in 24 hours \(SMTPLimit "many"\)/)
    assert.match(error.message, /1970-01-02T00:00:00Z/)
    return true
  })
  assert.equal(asked.at(-1), 'refund credential/a@sender.test 3 at 7')
})

test('a message that cannot be counted is refused temporarily', async () => {
  const { ledger, asked } = ledgerWith({ 'domain/sender.test': new Error('no broker') })
  await assert.rejects(reserve(ledger, both, message), {
    responseCode: 451,
    status: '4.3.0',
    reason: 'queue-unavailable',
  })
  assert.equal(asked.at(-1), 'refund credential/a@sender.test 3 at 7')
})

test('limits that count nothing over time do not use the ledger', async () => {
  const { ledger, asked } = ledgerWith()
  await reserve(ledger, [{ account: 'a', limit: { ...rules, messagesPerDay: undefined } }], message)
  assert.deepEqual(asked, [])
})
