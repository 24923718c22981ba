import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RecipientResult } from '../transaction/outcome.ts'
import { statusOf } from './status.ts'

type Facts = Pick<RecipientResult, 'reply' | 'result' | 'stage'>
const refused = (reply: string): Facts => ({ reply, result: 'refused', stage: 'rcpt' })
const failed = (stage: RecipientResult['stage']): Facts => ({ reply: 'no answer', result: 'failed', stage })
const NETWORK = { category: 'network' } as const

const TABLE: [what: string, facts: Facts, fallback: string, info: Parameters<typeof statusOf>[2], status: string][] = [
  ["the reply's own", refused('550 5.1.1 no such user'), '5.0.0', undefined, '5.1.1'],
  ['with a number sign before it', refused('550 #5.1.1 no such user'), '5.0.0', undefined, '5.1.1'],
  ['on the first of several lines', refused('452-4.2.2 full'), '4.0.0', undefined, '4.2.2'],
  ['of three digits each', refused('550 5.101.999 no'), '5.0.0', undefined, '5.101.999'],
  ['that contradicts its code', refused('450 5.1.1 no such user'), '4.0.0', undefined, '4.0.0'],
  ['elsewhere in the text', refused('550 no (#5.1.1)'), '5.0.0', { category: 'other', enhanced: '5.1.1' }, '5.1.1'],
  [
    'elsewhere, of another class',
    refused('450 no (#5.1.1)'),
    '4.0.0',
    { category: 'other', enhanced: '5.1.1' },
    '4.0.0',
  ],
  ['none: by the category', refused('550 no such user'), '5.0.0', { category: 'unknown-user' }, '5.1.1'],
  [
    'none, and deferred: the class of the fallback',
    refused('450 full'),
    '4.0.0',
    { category: 'mailbox-full' },
    '4.2.2',
  ],
  ['none, and a category without a detail', refused('550 no'), '5.0.0', { category: 'other' }, '5.0.0'],
  ['none, and nothing is known', refused('550 no'), '5.0.0', undefined, '5.0.0'],
  ['the name could not be looked up', failed('dns'), '4.0.0', NETWORK, '4.4.3'],
  ['the host did not answer', failed('connect'), '4.0.0', NETWORK, '4.4.1'],
  ['the connection was lost', failed('data'), '4.0.0', NETWORK, '4.4.2'],
  [
    'a refusal of the connection counts as a reply',
    { ...failed('connect'), result: 'refused' },
    '4.0.0',
    NETWORK,
    '4.4.2',
  ],
]

for (const [what, facts, fallback, info, status] of TABLE)
  test(`status of a reply, ${what}: ${status}`, () => assert.equal(statusOf(facts, fallback, info), status))
