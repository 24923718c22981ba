import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { CODES_A_MAILBOX, allowedAt, mailboxOf, withCode } from './allowance.ts'
import type { SentCode } from './allowance.ts'
import { proofOf } from './claim.ts'
import type { Claim } from './claim.ts'
import { CODE_LIFETIME_MS, codeOf, isCode, newCodeID } from './code.ts'
import { advance, isProven, MAX_ATTEMPTS, noteSent } from './verification.ts'
import type { Verification, Wish } from './verification.ts'
import { verdictOf } from './verdict.ts'

const KEY = randomBytes(32)
const CLAIM: Claim = { owner: 'uid-1', domainName: 'example.test', address: 'boss@gmail.test' }
const NOW = Date.parse('2030-01-01T12:00:00Z')
const HOUR = 3_600_000

/** A verification whose code was sent. */
function sent(wish: Partial<Wish> = {}, before?: Verification, now = NOW): { known: Verification; code: string } {
  const next = advance(KEY, before, { claim: CLAIM, ...wish }, now)
  assert.ok(next.pendingID !== undefined)
  const known = noteSent(next, 'queue-id', now)
  return { known, code: codeOf(KEY, wish.claim ?? CLAIM, next.pendingID) }
}
const reasonOf = (known: Verification, wish: Partial<Wish> = {}, now = NOW): string =>
  verdictOf(KEY, known, { claim: CLAIM, ...wish }, now).reason

test('the code that was mailed verifies the address, however it is typed', () => {
  const { known, code } = sent()
  assert.match(code, /^[2-9a-z]{5}-[2-9a-z]{5}$/)
  assert.equal(reasonOf(known), 'CodeSent')
  for (const typed of [code, code.toUpperCase(), ` ${code.replace('-', '')} `, code.replace('-', ' - ')]) {
    const verified = advance(KEY, known, { claim: CLAIM, code: typed }, NOW + HOUR)
    assert.ok(isProven(KEY, verified, CLAIM), typed)
    assert.equal(verified.verifiedAt, NOW + HOUR)
    assert.equal(reasonOf(verified), 'Verified')
  }
})

test('a code is valid for one object, one Domain, one address and one key', () => {
  const id = newCodeID(NOW)
  const code = codeOf(KEY, CLAIM, id)
  assert.ok(isCode(KEY, CLAIM, id, code))
  for (const other of [{ owner: 'uid-2' }, { domainName: 'other.test' }, { address: 'chief@gmail.test' }])
    assert.ok(!isCode(KEY, { ...CLAIM, ...other }, id, code), JSON.stringify(other))
  assert.ok(!isCode(randomBytes(32), CLAIM, id, code))
  assert.ok(!isCode(KEY, CLAIM, newCodeID(NOW), code))
})

test('codes differ from each other in every place', () => {
  const codes = Array.from({ length: 500 }, () => codeOf(KEY, CLAIM, newCodeID(NOW)))
  assert.equal(new Set(codes).size, 500)
  for (const place of [0, 4, 6, 10]) assert.equal(new Set(codes.map((code) => code[place])).size, 31, String(place))
})

test(`after ${MAX_ATTEMPTS} wrong codes the right one is no longer valid, until another is sent`, () => {
  const { known, code } = sent()
  let state = known
  for (let count = 1; count <= MAX_ATTEMPTS; count++) {
    const wish = { claim: CLAIM, code: `wrong-${count}` }
    state = advance(KEY, state, wish, NOW)
    // The same code twice is one attempt.
    state = advance(KEY, state, wish, NOW)
    assert.equal(state.attempts, count)
    assert.equal(reasonOf(state, wish), count < MAX_ATTEMPTS ? 'WrongCode' : 'TooManyAttempts')
  }
  state = advance(KEY, state, { claim: CLAIM, code }, NOW)
  assert.ok(!isProven(KEY, state, CLAIM))
  const again = sent({ code, resend: 'again' }, state)
  assert.notEqual(again.code, code)
  // The old code is still in the resource when the new one is sent, and counts as an attempt like any other.
  state = advance(KEY, again.known, { claim: CLAIM, code, resend: 'again' }, NOW)
  assert.equal(state.attempts, 1)
  assert.ok(isProven(KEY, advance(KEY, state, { claim: CLAIM, code: again.code, resend: 'again' }, NOW), CLAIM))
})

test('a code is valid for 24 hours, whatever is written to the status', () => {
  const { known, code } = sent()
  const late = NOW + CODE_LIFETIME_MS
  assert.ok(isProven(KEY, advance(KEY, known, { claim: CLAIM, code }, late - 1), CLAIM))
  const expired = advance(KEY, known, { claim: CLAIM, code }, late)
  assert.ok(!isProven(KEY, expired, CLAIM))
  assert.equal(expired.attempts, 0)
  assert.equal(reasonOf(expired, { code }, late), 'CodeExpired')
  const [, chance] = (known.codeID ?? '').split('.')
  const forged = { ...known, codeID: `${late.toString(36)}.${chance ?? ''}`, codeSentAt: late }
  for (const written of [forged, { ...known, codeSentAt: late }])
    assert.ok(!isProven(KEY, advance(KEY, written, { claim: CLAIM, code }, late), CLAIM))
})

test('write access to a status is not enough to be verified', () => {
  const { known } = sent()
  const other = proofOf(KEY, { ...CLAIM, owner: 'uid-2' })
  for (const proof of ['', 'yes', other, proofOf(randomBytes(32), CLAIM)]) {
    const forged = advance(KEY, { ...known, proof, verifiedAt: NOW }, { claim: CLAIM }, NOW)
    assert.ok(!isProven(KEY, forged, CLAIM))
    assert.equal(forged.verifiedAt, undefined)
  }
})

test('a forged status does not harm its readers', () => {
  const future = `${(NOW + 1e10).toString(36)}.abc`
  for (const codeID of [
    '',
    'x',
    future,
    '.',
    'zzzzzzzzzzz.abc',
    `-${NOW.toString(36)}.a`,
    'Infinity.a',
    '9'.repeat(64),
  ]) {
    const forged = { ...sent().known, codeID, pendingID: codeID }
    assert.ok(advance(KEY, forged, { claim: CLAIM }, NOW).pendingID !== codeID, codeID)
    const { message } = verdictOf(KEY, { ...sent().known, codeID }, { claim: CLAIM }, NOW)
    assert.match(message, /\d{4}-\d\d-\d\dT/)
  }
})

test('another address or Domain starts again', () => {
  const { known, code } = sent()
  const verified = advance(KEY, known, { claim: CLAIM, code }, NOW)
  for (const other of [{ address: 'chief@gmail.test' }, { domainName: 'other.test' }]) {
    const claim = { ...CLAIM, ...other }
    const next = advance(KEY, verified, { claim, code }, NOW)
    assert.ok(!isProven(KEY, next, claim))
    assert.equal(next.codeID, undefined)
    assert.ok(next.pendingID !== undefined)
  }
  assert.ok(isProven(KEY, advance(KEY, verified, { claim: CLAIM }, NOW + 100 * CODE_LIFETIME_MS), CLAIM))
})

test('a crash after storing and before mailing a code repeats the same code', () => {
  const first = advance(KEY, undefined, { claim: CLAIM }, NOW)
  const again = advance(KEY, first, { claim: CLAIM }, NOW + 60_000)
  assert.equal(again.pendingID, first.pendingID)
  // A code that waited too long is replaced.
  assert.notEqual(advance(KEY, first, { claim: CLAIM }, NOW + HOUR).pendingID, first.pendingID)
})

test('a resend creates one code, and until it is sent the previous one is valid', () => {
  const { known, code } = sent()
  const asked = advance(KEY, known, { claim: CLAIM, resend: 'monday' }, NOW)
  assert.ok(asked.pendingID !== undefined)
  const held = verdictOf(KEY, asked, { claim: CLAIM, resend: 'monday' }, NOW, NOW + HOUR)
  assert.deepEqual([held.reason, held.changesAt], ['TooManyCodes', NOW + HOUR])
  assert.ok(isProven(KEY, advance(KEY, asked, { claim: CLAIM, code, resend: 'monday' }, NOW), CLAIM))
  const resent = noteSent(asked, 'other-queue-id', NOW)
  assert.equal(advance(KEY, resent, { claim: CLAIM, resend: 'monday' }, NOW).pendingID, undefined)
  assert.ok(advance(KEY, resent, { claim: CLAIM, resend: 'tuesday' }, NOW).pendingID !== undefined)
})

test('a mailbox gets at most three codes in any 24 hours, over all tenants', () => {
  let counted: SentCode[] = []
  for (let count = 0; count < CODES_A_MAILBOX; count++) {
    const at = NOW + count * HOUR
    assert.equal(allowedAt(counted, `id-${count}`, CODES_A_MAILBOX, at), undefined)
    counted = withCode(counted, `id-${count}`, at)
    // The same code again counts once.
    counted = withCode(counted, `id-${count}`, at)
  }
  assert.equal(allowedAt(counted, 'id-1', CODES_A_MAILBOX, NOW + 3 * HOUR), undefined)
  assert.equal(allowedAt(counted, 'more', CODES_A_MAILBOX, NOW + 3 * HOUR), NOW + 24 * HOUR)
  assert.equal(allowedAt(counted, 'more', CODES_A_MAILBOX, NOW + 24 * HOUR), undefined)
  assert.equal(withCode(counted, 'more', NOW + 24 * HOUR).length, CODES_A_MAILBOX)
})

test('different spellings of an address are the same mailbox', () => {
  for (const [address, mailbox] of [
    ['Boss@GMAIL.test', 'boss@gmail.test'],
    ['boss+1@gmail.test', 'boss@gmail.test'],
    ['boss+1+2@gmail.test', 'boss@gmail.test'],
    ['+1@gmail.test', '+1@gmail.test'],
  ] as const)
    assert.equal(mailboxOf(address), mailbox)
})
