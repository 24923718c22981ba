import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LimitField } from '@postrider/limits/exceeded'
import { limitConfig } from '../../../test/support/runtime-config.ts'
import { limitRefusal } from './limit-refusal.ts'

const FREE_AT = Date.UTC(2026, 4, 4, 12)
const limit = limitConfig({ name: 'small', rate: { messages: 2, perMs: 60_000, burst: 5 } })
const refusalOf = (field: LimitField, freeAt?: number) =>
  limitRefusal('credential/app@sender.test', limit, {
    limit: 'small',
    field,
    used: 5,
    allowed: 5,
    ...(freeAt === undefined ? {} : { freeAt }),
  })

test('a limit that is reached is a refusal for now, which names the limit, its use and when it frees', () => {
  for (const field of ['messagesPerDay', 'recipientsPerDay', 'messagesPerMinute', 'newDestinationsPerDay'] as const) {
    const { responseCode, status, reason, message } = refusalOf(field, FREE_AT)
    assert.deepEqual([responseCode, status, reason], [452, '4.7.1', 'limit'])
    for (const part of ['credential app@sender.test', '5 of 5', '"small"', '2026-05-04T12:00:00Z'])
      assert.ok(message.includes(part), `${field}: ${part}`)
  }
})

test('the refusal of a burst tells its rate', () => {
  assert.ok(refusalOf('rate', FREE_AT).message.includes('2 more every 60 s'))
})

test('a limit on sessions frees when one of them ends', () => {
  assert.ok(refusalOf('concurrentSessions').message.includes('close a session'))
})
