import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Condition } from '@postrider/kubernetes/status/conditions'
import { acceptance, acceptanceNews } from './acceptance-conditions.ts'

const overlapping = { reason: 'Overlapping', message: 'some are taken' } as const
const invalid = { reason: 'Invalid', message: 'spec is wrong' } as const

test('what nothing is found against counts', () => {
  const { status, reason, message } = acceptance('SMTPLimit', [])
  assert.deepEqual([status, reason], ['True', 'Accepted'])
  assert.match(message, /SMTPLimit/)
})

test('a policy of which something is left counts, and one that is wrong does not, whatever comes first', () => {
  assert.equal(acceptance('DestinationPolicy', [overlapping]).status, 'True')
  for (const complaints of [
    [overlapping, invalid],
    [invalid, overlapping],
  ]) {
    const { status, reason, message } = acceptance('DestinationPolicy', complaints)
    assert.deepEqual([status, reason], ['False', 'Invalid'])
    assert.deepEqual(message.split('; ').sort(), ['some are taken', 'spec is wrong'])
  }
})

test('a new reason is an Event, the same one again and a return to order are none', () => {
  const held = (reason: string): Condition[] => [
    { type: 'Accepted', status: 'True', reason, message: reason, lastTransitionTime: '' },
  ]
  assert.deepEqual(acceptanceNews([], held('Invalid')), [{ severity: 'Warning', event: 'Invalid', note: 'Invalid' }])
  assert.equal(acceptanceNews(held('Accepted'), held('Overlapping')).length, 1)
  assert.deepEqual(acceptanceNews(held('Invalid'), held('Invalid')), [])
  assert.deepEqual(acceptanceNews(held('Invalid'), held('Accepted')), [])
  assert.deepEqual(acceptanceNews([], held('Accepted')), [])
})
