import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { Claim } from './claim.ts'
import { SentCodes } from './sent-codes.ts'
import { MAX_ATTEMPTS, advance, noteSent } from './verification.ts'
import type { Verification } from './verification.ts'
import { verifySender } from './verify.ts'

const KEY = randomBytes(32)
const CLAIM: Claim = { owner: 'uid-1', domainName: 'example.test', address: 'boss@gmail.test' }
const NOW = Date.parse('2030-01-01T12:00:00Z')

test('wrong codes count even while another code is due and no mail can be sent', async () => {
  const sent = noteSent(advance(KEY, undefined, { claim: CLAIM }, NOW), 'queue-id', NOW)
  let known: Verification = advance(KEY, sent, { claim: CLAIM, resend: 'again' }, NOW)
  assert.ok(known.pendingID !== undefined)
  for (let attempt = 0; attempt < 2 * MAX_ATTEMPTS; attempt++) {
    const wish = { claim: CLAIM, resend: 'again', code: `wrong-${attempt}` }
    const { postponed } = await verifySender(
      KEY,
      { namespace: 'shop', wish, before: known },
      {
        keep: (next) => {
          known = next
          return Promise.resolve()
        },
        mailer: undefined,
        sent: new SentCodes(),
        now: () => NOW + 1000,
      },
    )
    assert.ok(postponed)
  }
  assert.equal(known.attempts, MAX_ATTEMPTS)
})
