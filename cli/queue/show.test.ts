import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LoggedRecipient, MessageAnswer } from '@postrider/message-log/messages'
import type { RecipientOutcome } from '@postrider/queue/event'
import { envelope } from '../../test/support/envelope.ts'
import { queueLines, storyLines } from './show.ts'

const NOW = 60_000
const outcome = (state: RecipientOutcome['state'], reply: string): RecipientOutcome => ({
  address: 'kim@remote.test',
  state,
  reply,
  status: '',
  category: 'other',
  stage: 'rcpt',
})
const recipient = (given: Partial<LoggedRecipient> = {}): LoggedRecipient => ({
  id: 'q1',
  address: 'kim@remote.test',
  destination: 'remote.test',
  state: 'queued',
  part: 0,
  attempts: 0,
  outcome: null,
  remote: null,
  nextAt: null,
  updatedAt: 0,
  ...given,
})

test('a line of the queue says when a recipient is due, and why it waits', () => {
  const count = { queued: 1, deferred: 2, due: 3, oldestAcceptedAt: null, oldestDueAt: null }
  const lines = queueLines(
    {
      recipients: [
        recipient({ from: 'sam@sender.test' }),
        recipient({ nextAt: NOW + 1000 }),
        recipient({ state: 'deferred', attempts: 2, nextAt: NOW, outcome: outcome('deferred', '450 later') }),
      ],
      count,
    },
    NOW,
  )
  assert.deepEqual(lines, [
    'q1  sam@sender.test  kim@remote.test  queued  attempts 0  next now  not attempted yet',
    'q1  <>  kim@remote.test  queued  attempts 0  next 1970-01-01T00:01:01Z  scheduled by its sender',
    'q1  <>  kim@remote.test  deferred  attempts 2  next due  450 later',
    '1 queued, 2 deferred, 3 due now',
  ])
})

const answer = (given: Partial<MessageAnswer>): MessageAnswer => ({
  found: true,
  envelope: envelope({ id: 'q1', acceptedAt: 0 }),
  recipients: [],
  story: [],
  ...given,
})
const told = (given: Partial<MessageAnswer>): string => storyLines('q1', answer(given)).join('\n')

test('a delivery at the first attempt is told, though the log keeps no event of it, and once', () => {
  const delivered = recipient({
    state: 'delivered',
    attempts: 1,
    outcome: outcome('delivered', '250 ok'),
    updatedAt: 5000,
  })
  const text = told({ recipients: [delivered] })
  assert.ok(text.includes('1970-01-01T00:00:05Z  attempt 1 at remote.test: kim@remote.test delivered'))
  const event = {
    type: 'attempt' as const,
    at: 5000,
    id: 'q1',
    part: 0,
    attempt: 1,
    destination: 'remote.test',
    content: { stream: 'MAIL_0', seq: 1, parts: [] },
    outcomes: [outcome('delivered', '250 ok')],
  }
  assert.equal(told({ recipients: [delivered], story: [event] }).split('attempt 1 at').length, 2)
})

test('the last line says what is left of the content', () => {
  const last = (given: Partial<MessageAnswer>) => told(given).split('\n').at(-1) ?? ''
  assert.match(last({ erasedAt: 1000 }), /deleted 1970/)
  assert.match(last({ settledAt: 1000 }), /until its retention ends/)
  assert.match(last({}), /still open/)
})
