import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusalOf } from './refuse.ts'
import type { Decision } from './verdict.ts'

const reply = (action: Decision['action'], outcome: Decision['outcome']): string | undefined => {
  const refusal = refusalOf({ scanner: 'rspamd', action, outcome, reason: 'spam (9.1 points)' })
  return refusal && `${refusal.responseCode} ${refusal.status} ${refusal.reason}`
}

test('a message that may come in is not refused', () => {
  for (const action of ['pass', 'tag', 'hold'] as const) assert.equal(reply(action, 'infected'), undefined)
  assert.equal(refusalOf(undefined), undefined)
})

test('what is refused for good tells the client why by its status, and what to do', () => {
  assert.equal(reply('reject', 'infected'), '550 5.7.1 malware')
  assert.equal(reply('reject', 'spam'), '550 5.7.1 spam')
  assert.equal(reply('reject', 'too-large'), '552 5.3.4 size')
})

test('what is refused for now is the scanner, or greylisting', () => {
  assert.equal(reply('tempfail', 'unavailable'), '451 4.7.1 scanner')
  assert.equal(reply('tempfail', 'spam'), '451 4.7.1 spam')
})
