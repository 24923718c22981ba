import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ConnectionBrokenError, SessionRefusedError } from '../transaction/outcome.ts'
import type { RecipientResult, Stage } from '../transaction/outcome.ts'
import { combined, failureOf, refusal, sessionFailure } from './host-failure.ts'
import { RequireTlsUnmetError } from './require-tls.ts'

const kim = { address: 'kim@a.test' }
const sam = { address: 'sam@a.test' }
const turnedAway = (text: string, stage: Stage) =>
  failureOf(new SessionRefusedError({ code: Number(text.slice(0, 3)), text, lines: [text] }, stage), [kim])
const broken = (stage: Stage) => failureOf(new ConnectionBrokenError('TIMEOUT', stage, `silence at ${stage}`), [kim])
const reply = (failures: Parameters<typeof combined>[0], untried = false) => {
  const [result] = combined(failures, { untried }).recipients
  return [result?.reply, result?.retry === true || result?.result === 'failed']
}

describe('an attempt in which no host accepted the message', () => {
  test('is temporary after any refusal before MAIL', () => {
    for (const stage of ['greeting', 'ehlo', 'starttls'] as const)
      assert.deepEqual(reply([turnedAway('554 no', stage)]), ['554 no', true])
  })

  test('is temporary if the failure of one host is', () => {
    const tooLarge = refusal('552 5.3.4 too large', 'mail', [kim], { temporary: false })
    assert.deepEqual(reply([broken('connect'), tooLarge]), ['silence at connect', true])
    assert.deepEqual(reply([tooLarge, refusal('550 5.4.4 no address', 'dns', [kim])]), ['552 5.3.4 too large', false])
  })

  test('is temporary if a host was not tried', () => {
    const tooLarge = refusal('552 5.3.4 too large', 'mail', [kim], { temporary: false })
    assert.deepEqual(reply([tooLarge], true), ['552 5.3.4 too large', true])
  })

  test('reports the reply of the host where the session got furthest, and of several the best host', () => {
    assert.equal(reply([broken('connect'), turnedAway('421 busy', 'greeting'), broken('connect')])[0], '421 busy')
    assert.equal(reply([turnedAway('421 one', 'greeting'), turnedAway('421 two', 'greeting')])[0], '421 one')
  })

  test('is permanent when the host does not offer REQUIRETLS', () => {
    assert.equal(reply([failureOf(new RequireTlsUnmetError('5.7.30', 'no'), [kim])])[1], false)
  })
})

describe('the next host may be tried', () => {
  const result = (recipient: typeof kim, text: string, stage: Stage): RecipientResult => ({
    recipient,
    result: text.startsWith('2') ? 'delivered' : /^\d/.test(text) ? 'refused' : 'failed',
    reply: text,
    stage,
  })
  const goesOn = (...recipients: RecipientResult[]): boolean => sessionFailure({ recipients }) !== undefined

  test('when all recipients were refused temporarily or got no reply', () => {
    assert.equal(goesOn(result(kim, '451 later', 'mail')), true)
    assert.equal(goesOn(result(kim, '450 later', 'rcpt'), result(sam, '450 later', 'rcpt')), true)
    assert.equal(goesOn(result(kim, 'closed', 'rcpt')), true)
    assert.equal(goesOn(result(kim, '451 later', 'data')), true)
  })

  test('but not when a recipient was accepted or refused permanently, or content was sent', () => {
    assert.equal(goesOn(result(kim, '450 later', 'rcpt'), result(sam, '250 ok', 'final')), false)
    assert.equal(goesOn(result(kim, '450 later', 'rcpt'), result(sam, '550 no', 'rcpt')), false)
    assert.equal(goesOn(result(kim, '451 later', 'final')), false)
    assert.equal(goesOn(result(kim, 'closed', 'content')), false)
    assert.equal(sessionFailure({ recipients: [result(kim, 'closed', 'rcpt')], ambiguous: true }), undefined)
  })
})
