import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition } from '@postrider/kubernetes/status/conditions'
import type { Verdict } from '@postrider/sender-verification/verdict'
import { lookAgainIn, senderConditions, senderNews, senderRefused } from './sender-conditions.ts'

const condition = (type: string, status: Condition['status'], reason: string, message = ''): Condition => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: '',
})
const ready = condition('Ready', 'True', 'Ready')
const verdict = (reason: Verdict['reason']): Verdict => ({
  verified: reason === 'Verified',
  reason,
  message: `because ${reason}`,
})
const said = (given: Omit<Parameters<typeof senderConditions>[0], 'domainName'>): string[] =>
  senderConditions({ domainName: 'site', ...given }).map(({ type, status, reason }) => `${type} ${status} ${reason}`)

test('an address is ready when its code was entered and its Domain is ready', () => {
  assert.deepEqual(said({ verdict: verdict('Verified'), domain: ready }), [
    'Verified True Verified',
    'Ready True Ready',
  ])
  assert.deepEqual(said({ verdict: verdict('CodeSent'), domain: ready }), [
    'Verified False CodeSent',
    'Ready False NotVerified',
  ])
  assert.deepEqual(said({ domain: ready }), ['Ready False NotVerified'])
})

test('while the Domain is not ready an address is not, and what was verified stays so', () => {
  assert.deepEqual(said({ domain: undefined }), ['Ready False DomainNotReady'])
  const domain = condition('Ready', 'False', 'NotVerified', 'TXT is missing')
  assert.deepEqual(said({ verdict: verdict('Verified'), domain }), [
    'Verified True Verified',
    'Ready False DomainNotReady',
  ])
  const [why] = senderConditions({ domain, domainName: 'site' })
  assert.match(why?.message ?? '', /Domain site .*TXT is missing/)
})

test('an address that does not count says why', () => {
  assert.deepEqual(senderRefused({ reason: 'SendersNotAllowed', message: 'not yours' }), {
    type: 'Ready',
    status: 'False',
    reason: 'SendersNotAllowed',
    message: 'not yours',
  })
})

test('what is new about a code is an Event, and what its owner does wrong a warning', () => {
  const news = (before: Condition[], ...now: Condition[]) =>
    senderNews(before, now).map(({ severity, event }) => `${severity} ${event}`)
  const verified = (reason: string, message = '') => condition('Verified', 'False', reason, message)
  assert.deepEqual(news([], verified('CodePending')), [])
  assert.deepEqual(news([verified('CodePending')], verified('CodeSent'), ready), ['Normal CodeSent'])
  assert.deepEqual(news([verified('CodeSent', 'to a')], verified('CodeSent', 'to a')), [])
  assert.deepEqual(news([verified('WrongCode', '2 more')], verified('WrongCode', '1 more')), ['Warning WrongCode'])
  assert.deepEqual(news([verified('WrongCode')], verified('TooManyAttempts')), ['Warning TooManyAttempts'])
  assert.deepEqual(news([], verified('TooManyCodes')), ['Warning TooManyCodes'])
  assert.deepEqual(news([verified('CodeSent')], verified('CodeExpired')), [])
  assert.deepEqual(news([verified('CodeSent')], condition('Verified', 'True', 'Verified')), ['Normal Verified'])
})

test('that an address is not allowed is an Event once, in whatever words', () => {
  const refused = (message: string) => condition('Ready', 'False', 'SendersNotAllowed', message)
  assert.deepEqual(senderNews([], [refused('no')]), [{ severity: 'Warning', event: 'SendersNotAllowed', note: 'no' }])
  assert.deepEqual(senderNews([refused('no')], [refused('still no')]), [])
})

test('a verdict is looked at again when it may change, within a day', () => {
  assert.equal(lookAgainIn({ changesAt: 5000 }, 2000), 3000)
  assert.equal(lookAgainIn({ changesAt: 5000 }, 9000), 0)
  assert.equal(lookAgainIn({ changesAt: 1e12 }, 0), 86_400_000)
  assert.equal(lookAgainIn({}, 0), undefined)
})
