import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Envelope, Notify } from '@postrider/mail/envelope'
import type { ReviewEvent } from '@postrider/queue/event'
import { envelope } from '../../../test/support/envelope.ts'
import { expiredNotice } from './expired-notice.ts'

const expired = (given: Partial<Envelope>): ReviewEvent => ({
  type: 'review',
  at: 5000,
  id: 'q1',
  decision: 'expired',
  envelope: envelope({ id: 'q1', ...given }),
  why: { scanner: 'rspamd', reason: 'looks like phishing' },
})

const to = (notify?: Notify) => ({ recipients: [{ address: 'kim@remote.test', ...(notify && { notify }) }] })

test('the sender of a message that nobody released hears why, without its content', () => {
  const notice = expiredNotice(expired(to()))
  assert.deepEqual([notice?.kind, notice?.of, notice?.headersOnly], ['failed', 'q1', true])
  const [about] = notice?.outcomes ?? []
  assert.deepEqual(
    [about?.recipient.address, about?.at, about?.outcome.state, about?.outcome.category, about?.outcome.stage],
    ['kim@remote.test', 5000, 'failed', 'held', 'queue'],
  )
  assert.match(about?.outcome.reply ?? '', /looks like phishing/)
})

test('only the recipients whose NOTIFY wants to hear of failures are in it', () => {
  const recipients = [
    { address: 'a@remote.test' },
    { address: 'b@remote.test', notify: 'NEVER' as const },
    { address: 'c@remote.test', notify: ['FAILURE' as const] },
    { address: 'd@remote.test', notify: ['SUCCESS' as const] },
  ]
  const told = expiredNotice(expired({ recipients }))?.outcomes.map(({ recipient }) => recipient.address)
  assert.deepEqual(told, ['a@remote.test', 'c@remote.test'])
})

test('nothing is sent when no recipient wants it, or to a null reverse path', () => {
  assert.equal(expiredNotice(expired(to('NEVER'))), undefined)
  assert.equal(expiredNotice(expired({ ...to(), from: '' })), undefined)
})
