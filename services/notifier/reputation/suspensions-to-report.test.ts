import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newReputation } from '@postrider/reputation/reputation'
import type { Reputation } from '@postrider/reputation/reputation'
import { DAY_MS } from '@postrider/time/day'
import type { Account } from './accounts.ts'
import { suspensionsToReport } from './suspensions-to-report.ts'

const NOW = 100 * DAY_MS

const account = (name: string): Account => ({
  account: name,
  limit: undefined,
  resume: '',
  domain: 'sender.test',
  address: `${name}@sender.test`,
})

const suspendedAt = (at: number): Reputation => ({
  ...newReputation(at, ''),
  suspended: { at, reason: 'Spam', recipients: 100, percent: 7, limitPercent: 5, resumable: true },
})

test('a suspension is to be reported for a day, so that a notifier that was down does it late, and a new log not again', () => {
  const reputations = new Map([
    ['now', suspendedAt(NOW)],
    ['a-day-ago', suspendedAt(NOW - DAY_MS)],
    ['longer-ago', suspendedAt(NOW - DAY_MS - 1)],
    ['well', newReputation(NOW, '')],
  ])
  const accounts = [...reputations.keys(), 'unknown'].map(account)
  const told = [...suspensionsToReport(accounts, { of: (name) => reputations.get(name) }, NOW)]
  assert.deepEqual(
    told.map(({ account: name, to, suspension }) => [name, to, suspension.at]),
    [
      ['now', 'now@sender.test', NOW],
      ['a-day-ago', 'a-day-ago@sender.test', NOW - DAY_MS],
    ],
  )
})
