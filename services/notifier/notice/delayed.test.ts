import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Envelope } from '@postrider/mail/envelope'
import { envelope } from '../../../test/support/envelope.ts'
import { withLog } from '../../../test/support/message-log.ts'
import { platformConfig } from '../../../test/support/runtime-config.ts'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'
import type { Notice } from './decide.ts'
import { oweDelayedNotices } from './delayed.ts'

const HOUR = 3_600_000
const ACCEPTED = 1_700_000_000_000
const PLATFORM = platformConfig()
const CONTENT = { stream: 'MAIL_0', seq: 1, parts: [] }
/** The platform's warning time is over. */
const LATE = ACCEPTED + 4 * HOUR

const mail = (given: Partial<Envelope> = {}): Envelope => envelope({ id: 'a', acceptedAt: ACCEPTED, ...given })

const owed = (reader: LogReader): Notice[] => reader.outbox('', 10).map(({ notice }) => notice as Notice)

function deferred(writer: LogWriter, address: string, reply: string): void {
  writer.event({
    type: 'attempt',
    at: ACCEPTED + HOUR,
    id: 'a',
    part: 0,
    attempt: 1,
    destination: 'remote.test',
    content: CONTENT,
    outcomes: [{ address, state: 'deferred', reply, status: '4.2.0', category: 'greylisted', stage: 'rcpt' }],
    nextAt: LATE + HOUR,
  })
}

test('a message that waits for longer than the warning time is reported once, in the moment it is over', () => {
  withLog((writer, reader) => {
    writer.message(mail(), CONTENT)
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE - 1), 0)
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE), 1)
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE + HOUR), 0)
    const [notice] = owed(reader)
    assert.deepEqual([notice?.kind, notice?.of], ['delayed', 'a'])
    assert.equal(notice?.retryUntil, ACCEPTED + PLATFORM.retry.lifetimeMs)
  })
})

test('the notice says what each recipient was answered last, or that there was no attempt', () => {
  withLog((writer, reader) => {
    writer.message(mail({ recipients: [{ address: 'kim@remote.test' }, { address: 'lee@other.test' }] }), CONTENT)
    deferred(writer, 'kim@remote.test', '450 4.2.0 greylisted')
    oweDelayedNotices(reader, writer, PLATFORM, LATE)
    assert.deepEqual(
      owed(reader)[0]?.outcomes.map(({ outcome: { address, reply, status, stage } }) => [
        address,
        reply,
        status,
        stage,
      ]),
      [
        ['kim@remote.test', '450 4.2.0 greylisted', '4.2.0', 'rcpt'],
        ['lee@other.test', 'no attempt has been made yet', '4.4.0', 'queue'],
      ],
    )
  })
})

test('recipients who have the message, and those whose NOTIFY leaves delays out, are not in it', () => {
  withLog((writer, reader) => {
    const recipients: Envelope['recipients'] = [
      { address: 'done@remote.test' },
      { address: 'never@remote.test', notify: 'NEVER' },
      { address: 'failure@remote.test', notify: ['FAILURE'] },
      { address: 'delay@remote.test', notify: ['DELAY'] },
    ]
    writer.message(mail({ recipients }), CONTENT)
    writer.event({ ...cancelOf('done@remote.test') })
    oweDelayedNotices(reader, writer, PLATFORM, LATE)
    assert.deepEqual(
      owed(reader)[0]?.outcomes.map(({ recipient }) => recipient.address),
      ['delay@remote.test'],
    )
  })
})

const cancelOf = (address: string) => ({
  type: 'cancel' as const,
  at: ACCEPTED,
  id: 'a',
  part: 0,
  destination: 'remote.test',
  content: CONTENT,
  recipients: [address],
})

test('a message that no notice is wanted for is looked at once all the same', () => {
  withLog((writer, reader) => {
    writer.message(mail({ id: 'a', recipients: [{ address: 'kim@remote.test', notify: 'NEVER' }] }), CONTENT)
    writer.message(mail({ id: 'b', from: '' }), CONTENT)
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE), 2)
    assert.deepEqual(owed(reader), [])
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE), 0)
  })
})

test('a message that its client had held, or that was held for review, has its time from its release on', () => {
  withLog((writer, reader) => {
    writer.message(mail({ id: 'client', releaseAt: ACCEPTED + HOUR }), CONTENT)
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE + HOUR - 1), 0)
    oweDelayedNotices(reader, writer, PLATFORM, LATE + HOUR)
    assert.equal(owed(reader)[0]?.retryUntil, ACCEPTED + HOUR + PLATFORM.retry.lifetimeMs)
  })
})

test('a warning time of 0 turns the notices off', () => {
  withLog((writer, reader) => {
    writer.message(mail(), CONTENT)
    const notices = { ...PLATFORM.notices, delayedAfterMs: 0 }
    assert.equal(oweDelayedNotices(reader, writer, { ...PLATFORM, notices }, LATE), 0)
    assert.equal(oweDelayedNotices(reader, writer, PLATFORM, LATE), 1)
  })
})
