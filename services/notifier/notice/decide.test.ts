import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Notify, Recipient } from '@postrider/mail/envelope'
import type { AttemptEvent, RecipientOutcome } from '@postrider/queue/event'
import { BadRecordError } from '@postrider/broker/stored'
import { DAY_MS } from '@postrider/time/day'
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

const AT = 5000
const NOW = AT + DAY_MS

const eventOf = (outcomes: RecipientOutcome[], given: Partial<AttemptEvent> = {}): AttemptEvent => ({
  type: 'attempt',
  at: AT,
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

/** The kinds of notice that an attempt for one recipient requires. */
function owed(
  state: RecipientOutcome['state'],
  {
    notify,
    domainNotifies = false,
    dsn = false,
    now = NOW,
  }: { notify?: Notify; domainNotifies?: boolean; dsn?: boolean; now?: number },
): string[] {
  const event = eventOf([outcome('kim@remote.test', state)], { remote: { ...REMOTE, dsn } })
  const of = envelope({ id: 'q1', recipients: [kim(notify)] })
  return noticesFor(event, of, domainNotifies, now).map(({ kind }) => kind)
}

describe('an attempt requires', () => {
  const TABLE: [what: string, owed: string[], expected: string[]][] = [
    ['a failure notice by default', owed('failed', {}), ['failed']],
    ['a failure notice that was requested', owed('failed', { notify: ['FAILURE'] }), ['failed']],
    ['no failure notice with NOTIFY=NEVER', owed('failed', { notify: 'NEVER' }), []],
    ['no failure notice with NOTIFY=SUCCESS', owed('failed', { notify: ['SUCCESS'] }), []],
    ['no notice about a deferral', owed('deferred', { notify: ['DELAY', 'SUCCESS'], domainNotifies: true }), []],
    ['no delivery notice by default', owed('delivered', {}), []],
    ['a delivery notice that was requested', owed('delivered', { notify: ['SUCCESS'] }), ['delivered']],
    ['no delivery notice if the next hop sends it', owed('delivered', { notify: ['SUCCESS'], dsn: true }), []],
    ['a delivery notice if the domain wants it', owed('delivered', { domainNotifies: true }), ['delivered']],
    [
      'a delivery notice if the domain wants it, even if the next hop supports DSN',
      owed('delivered', { domainNotifies: true, dsn: true }),
      ['delivered'],
    ],
    [
      'one delivery notice if the domain wants it and the client requested it',
      owed('delivered', { domainNotifies: true, dsn: true, notify: ['SUCCESS'] }),
      ['delivered'],
    ],
    ['no delivery notice with NOTIFY=NEVER', owed('delivered', { domainNotifies: true, notify: 'NEVER' }), []],
    ['no delivery notice with NOTIFY=FAILURE', owed('delivered', { domainNotifies: true, notify: ['FAILURE'] }), []],
    [
      'no delivery notice if only the domain wants it, and the delivery was more than a day ago',
      owed('delivered', { domainNotifies: true, now: NOW + 1 }),
      [],
    ],
    [
      'a delivery notice that was requested, whenever the delivery was',
      owed('delivered', { domainNotifies: true, notify: ['SUCCESS'], now: NOW + 1 }),
      ['delivered'],
    ],
    ['a failure notice, whenever the failure was', owed('failed', { now: NOW + 1 }), ['failed']],
  ]
  for (const [what, kinds, expected] of TABLE) test(what, () => assert.deepEqual(kinds, expected))
})

test('one notice reports all recipients of its kind, and the host that answered', () => {
  const states = { a: 'failed', b: 'delivered', c: 'deferred', d: 'failed' } as const
  const recipients: Recipient[] = Object.keys(states).map((name) => ({
    address: `${name}@remote.test`,
    notify: ['FAILURE', 'SUCCESS', 'DELAY'],
  }))
  const event = eventOf(Object.entries(states).map(([name, state]) => outcome(`${name}@remote.test`, state)))
  const notices = noticesFor(event, envelope({ recipients }), false, NOW)
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

test('a notice that fails requires no notice', () => {
  const of = envelope({ from: '', recipients: [kim()] })
  assert.deepEqual(noticesFor(eventOf([outcome('kim@remote.test', 'failed')]), of, true, NOW), [])
})

test('a recipient that is not in the envelope is skipped', () => {
  assert.deepEqual(
    noticesFor(eventOf([outcome('lee@remote.test', 'failed')]), envelope({ recipients: [kim()] }), true, NOW),
    [],
  )
})

test('the id of a notice depends on what it reports, and differs from all others', () => {
  const id = noticeId('failed', 'q1', '0/1')
  assert.equal(noticeId('failed', 'q1', '0/1'), id)
  assert.match(id, /^n[0-9a-f]{25}$/)
  const others = [noticeId('delayed', 'q1', '0/1'), noticeId('failed', 'q2', '0/1'), noticeId('failed', 'q1', '0/2')]
  assert.equal(new Set([id, ...others]).size, 4)
})

test('a notice from the quarantine is read if it is valid', () => {
  const kept = { id: 'n1', of: 'q1', notice: { kind: 'failed', of: 'q1' } }
  assert.deepEqual(owedNotice(Buffer.from(JSON.stringify(kept))), kept)
  assert.throws(() => owedNotice(Buffer.from('{"id":"n1"}')), BadRecordError)
})
