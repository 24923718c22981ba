import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Notify, Recipient } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import { BadRecordError } from '@postrider/broker/stored'
import { envelope } from '../../../test/support/envelope.ts'
import { noticeId, noticesFor, owedNotice } from './decide.ts'

const outcome = (address: string, state: RecipientOutcome['state']): RecipientOutcome => ({
  address,
  state,
  reply: '250 ok',
  status: '2.0.0',
  category: 'delivered',
  stage: 'final',
})

const REMOTE = { host: 'mx.remote.test', address: '192.0.2.1', tls: null, dsn: false }

const eventOf = (outcomes: RecipientOutcome[], given: Partial<AttemptEvent> = {}): AttemptEvent => ({
  type: 'attempt',
  at: 5000,
  id: 'q1',
  part: 0,
  attempt: 1,
  destination: 'remote.test',
  content: { stream: 'MAIL_0', seq: 1, parts: [] },
  outcomes,
  remote: REMOTE,
  ...given,
})

const kim = (notify?: Notify): Recipient => ({ address: 'kim@remote.test', ...(notify && { notify }) })

/** What an attempt for one recipient owes: the kinds of notice. */
function owed(
  state: RecipientOutcome['state'],
  { notify, domainNotifies = false, dsn = false }: { notify?: Notify; domainNotifies?: boolean; dsn?: boolean },
): string[] {
  const event = eventOf([outcome('kim@remote.test', state)], { remote: { ...REMOTE, dsn } })
  const of = envelope({ id: 'q1', recipients: [kim(notify)] })
  return noticesFor(event, of, domainNotifies).map(({ kind }) => kind)
}

describe('an attempt owes', () => {
  const TABLE: [what: string, owed: string[], expected: string[]][] = [
    ['a failure, as usual', owed('failed', {}), ['failed']],
    ['a failure that is asked for', owed('failed', { notify: ['FAILURE'] }), ['failed']],
    ['no failure with NOTIFY=NEVER', owed('failed', { notify: 'NEVER' }), []],
    ['no failure with NOTIFY=SUCCESS', owed('failed', { notify: ['SUCCESS'] }), []],
    ['nothing for a deferral', owed('deferred', { notify: ['DELAY', 'SUCCESS'], domainNotifies: true }), []],
    ['no delivery, as usual', owed('delivered', {}), []],
    ['a delivery that is asked for', owed('delivered', { notify: ['SUCCESS'] }), ['delivered']],
    ['none that the next hop reports', owed('delivered', { notify: ['SUCCESS'], dsn: true }), []],
    ['a delivery where the domain says so', owed('delivered', { domainNotifies: true }), ['delivered']],
    [
      'that one also when the next hop speaks DSN',
      owed('delivered', { domainNotifies: true, dsn: true }),
      ['delivered'],
    ],
    [
      'one notice of ours where the domain says so and the client asked',
      owed('delivered', { domainNotifies: true, dsn: true, notify: ['SUCCESS'] }),
      ['delivered'],
    ],
    ['none against NOTIFY=NEVER', owed('delivered', { domainNotifies: true, notify: 'NEVER' }), []],
    ['none against NOTIFY=FAILURE', owed('delivered', { domainNotifies: true, notify: ['FAILURE'] }), []],
  ]
  for (const [what, kinds, expected] of TABLE) test(what, () => assert.deepEqual(kinds, expected))
})

test('one notice tells of all recipients of its kind, with the host that answered', () => {
  const states = { a: 'failed', b: 'delivered', c: 'deferred', d: 'failed' } as const
  const recipients: Recipient[] = Object.keys(states).map((name) => ({
    address: `${name}@remote.test`,
    notify: ['FAILURE', 'SUCCESS', 'DELAY'],
  }))
  const event = eventOf(Object.entries(states).map(([name, state]) => outcome(`${name}@remote.test`, state)))
  const notices = noticesFor(event, envelope({ recipients }), false)
  assert.deepEqual(
    notices.map(({ kind, of, remote, outcomes }) => [
      kind,
      of,
      remote?.host,
      outcomes.map(({ recipient, at }) => [recipient.address, at]),
    ]),
    [
      [
        'failed',
        'q1',
        'mx.remote.test',
        [
          ['a@remote.test', 5000],
          ['d@remote.test', 5000],
        ],
      ],
      ['delivered', 'q1', 'mx.remote.test', [['b@remote.test', 5000]]],
    ],
  )
})

test('a notice that fails owes nothing', () => {
  const of = envelope({ from: '', recipients: [kim()] })
  assert.deepEqual(noticesFor(eventOf([outcome('kim@remote.test', 'failed')]), of, true), [])
})

test('a recipient that the envelope does not name is passed over', () => {
  assert.deepEqual(
    noticesFor(eventOf([outcome('lee@remote.test', 'failed')]), envelope({ recipients: [kim()] }), true),
    [],
  )
})

test("a notice's id follows from what it tells, and nothing else has it", () => {
  const id = noticeId('failed', 'q1', '0/1')
  assert.equal(noticeId('failed', 'q1', '0/1'), id)
  assert.match(id, /^n[0-9a-f]{25}$/)
  const others = [noticeId('delayed', 'q1', '0/1'), noticeId('failed', 'q2', '0/1'), noticeId('failed', 'q1', '0/2')]
  assert.equal(new Set([id, ...others]).size, 4)
})

test('a notice from the quarantine is read, or refused', () => {
  const kept = { id: 'n1', of: 'q1', notice: { kind: 'failed', of: 'q1' } }
  assert.deepEqual(owedNotice(Buffer.from(JSON.stringify(kept))), kept)
  assert.throws(() => owedNotice(Buffer.from('{"id":"n1"}')), BadRecordError)
})
