import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stage } from './outcome.ts'
import { recipientLimit } from './recipient-limit.ts'
import type { RecipientLimit } from './recipient-limit.ts'

const cases: [reply: string, limit: RecipientLimit | undefined, stage?: Stage][] = [
  ['452 4.5.3 Too many recipients', 'count'],
  ['452 4.5.3 Error: too many recipients', 'count'],
  ['452 too many rcpts', 'count'],
  ['452 later', 'count'],
  ['452', 'count'],
  ['552 Too many recipients', 'count'],
  ['552 5.5.3 no', 'count'],
  ['550 5.5.3 Too many recipients', 'count'],
  ['451 4.5.3 no', 'count'],
  ['451 Only one recipient per transaction', 'count'],
  ['450 4.5.3 Maximum number of recipients reached', 'count'],
  ['421 4.5.3 too many recipients', 'count'],
  [
    '452-4.5.3 Domain policy size per transaction exceeded, please try this recipient in a separate transaction',
    'count',
  ],
  ['452 4.5.3 Recipients belong to multiple regions ATTR38 [a.example.test]', 'kind'],
  ['451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.', 'kind'],
  ['452 4.5.3 too many recipients', 'count', 'final'],
  // About the recipient, the server or a period of time.
  ['452 4.2.2 Mailbox full', undefined],
  ['452 4.3.1 Insufficient system storage', undefined],
  ['452 Insufficient system storage', undefined],
  ['452 mailbox over quota', undefined],
  ['452 4.7.1 Try later', undefined],
  ['452 Too many recipients received this hour', undefined],
  ['451 4.7.1 Greylisted', undefined],
  ['450 4.1.1 unknown', undefined],
  ['452 later', undefined, 'final'],
  ['552 5.2.2 Over quota', undefined],
  ['552', undefined],
  ['550 too many recipients do not exist here', undefined],
  ['550 5.1.1 unknown', undefined],
]
for (const [reply, limit, stage = 'rcpt'] of cases)
  test(`${reply} at ${stage} is ${limit === undefined ? 'not a limit of a transaction' : `a limit of ${limit}`}`, () =>
    assert.equal(recipientLimit(reply, stage), limit))
