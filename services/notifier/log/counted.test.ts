import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LoggedRecipient } from '@postrider/message-log/messages'
import type { AttemptEvent, CancelEvent, RecipientOutcome } from '@postrider/queue/event'
import { envelope } from '../../../test/support/envelope.ts'
import { withLog } from '../../../test/support/message-log.ts'
import { counts } from './counted.ts'

type Outcome = RecipientOutcome['state']
type State = LoggedRecipient['state']

describe('an outcome counts', () => {
  const TABLE: [
    what: string,
    state: Outcome,
    attempt: number,
    logged: [State, number] | undefined,
    expected: boolean,
  ][] = [
    ['if the recipient is not in the log yet', 'deferred', 1, undefined, true],
    ['if it is of the first attempt', 'deferred', 1, ['queued', 0], true],
    ['if it is of a later attempt', 'failed', 2, ['deferred', 1], true],
    ['not if it is of an earlier attempt', 'failed', 1, ['deferred', 2], false],
    ['not if it is the second of an attempt', 'failed', 1, ['deferred', 1], false],
    ['if it is a delivery, even the second of an attempt', 'delivered', 1, ['deferred', 1], true],
    ['if it is a delivery, even of an earlier attempt', 'delivered', 1, ['deferred', 2], true],
    ['not if the recipient is delivered', 'failed', 2, ['delivered', 1], false],
    ['not as a deferral of what is delivered', 'deferred', 1, ['delivered', 1], false],
    ['not if the recipient has failed', 'deferred', 2, ['failed', 1], false],
    ['if the recipient was cancelled during the attempt, and it failed', 'failed', 1, ['cancelled', 0], true],
    ['if the recipient was cancelled during the attempt, and got it', 'delivered', 1, ['cancelled', 0], true],
    ['not if the recipient was cancelled, and the attempt deferred', 'deferred', 1, ['cancelled', 0], false],
    ['not if the attempt was over when the recipient was cancelled', 'failed', 1, ['cancelled', 1], false],
  ]
  for (const [what, state, attempt, logged, expected] of TABLE)
    test(what, () => {
      const [was, attempts] = logged ?? ['queued', 0]
      assert.equal(counts(state, attempt, logged && { state: was, attempts }), expected)
    })
})

const CONTENT = { stream: 'MAIL_0', seq: 1, parts: [] }
const KIM = 'kim@remote.test'
const common = { id: 'q1', part: 0, destination: 'remote.test', content: CONTENT }
const attempt = (state: Outcome, at: number, number = 1): AttemptEvent => ({
  ...common,
  type: 'attempt',
  at,
  attempt: number,
  outcomes: [{ address: KIM, state, reply: state, status: '', category: 'other', stage: 'final' }],
})
const CANCEL: CancelEvent = { ...common, type: 'cancel', at: 3000, recipients: [KIM] }

describe('the log after', () => {
  const [delivered, deferred, failed] = [attempt('delivered', 2000), attempt('deferred', 4000), attempt('failed', 5000)]
  const TABLE: [events: (AttemptEvent | CancelEvent)[], expected: State][] = [
    [[delivered, deferred], 'delivered'],
    [[deferred, delivered], 'delivered'],
    [[delivered, failed], 'delivered'],
    [[delivered, attempt('failed', 5000, 2)], 'delivered'],
    [[failed, deferred], 'failed'],
    [[deferred, failed], 'deferred'],
    [[CANCEL, deferred], 'cancelled'],
    [[deferred, CANCEL], 'cancelled'],
    [[CANCEL, delivered], 'delivered'],
    [[CANCEL, failed], 'failed'],
    [[deferred, CANCEL, failed], 'cancelled'],
  ]
  for (const [events, expected] of TABLE) {
    const name = events
      .map((event) => (event.type === 'cancel' ? 'a cancellation' : event.outcomes[0]?.state))
      .join(', ')
    test(`${name} says ${expected}, also when they are read twice, or before their message`, () => {
      const orders = [
        ['message', 'events', 'events'],
        ['events', 'message', 'events'],
        ['events', 'events', 'message'],
      ]
      for (const order of orders) {
        // A cancellation only concerns recipients that are in the log.
        if (order[0] === 'events' && events[0]?.type === 'cancel') continue
        withLog((writer, reader) => {
          for (const step of order) {
            if (step === 'message') writer.message(envelope({ id: 'q1', acceptedAt: 1000 }), CONTENT)
            else for (const event of events) writer.event(event)
          }
          const [kim] = reader.recipients('q1')
          const open = expected === 'deferred' ? 1 : 0
          assert.deepEqual([kim?.state, reader.message('q1')?.open], [expected, open], order.join(', '))
          assert.equal(reader.message('q1')?.settledAt === null, open === 1)
          for (const event of events) if (event.type === 'attempt') assert.deepEqual(reader.counted(event).outcomes, [])
        })
      }
    })
  }
})
