import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newReputation } from '@postrider/reputation/reputation'
import { withLog } from '../../../test/support/message-log.ts'
import { createOweNotices } from './owe-notices.ts'

const NOW = 1_700_000_000_000
const account = { account: 'a', limit: undefined, resume: '', domain: 'sender.test', address: 'a@sender.test' }
const suspendedAt = (at: number) => ({
  ...newReputation(at, ''),
  suspended: { at, reason: 'Spam' as const, recipients: 100, percent: 7, limitPercent: 5, resumable: true },
})

test('a notice that was taken out of the outbox is not put into it again, and one about the next suspension is', () => {
  withLog((writer, reader) => {
    let at = NOW
    const owe = createOweNotices({
      reader,
      writer,
      reputations: { of: () => suspendedAt(at) },
      accounts: () => [account],
    })
    const waiting = () => reader.outbox('', 10).map(({ noticeId }) => noticeId)
    owe(NOW)
    const [first = ''] = waiting()
    // As after the queue has refused it, and it is in the quarantine.
    writer.dropNotice(first)
    owe(NOW + 1)
    owe(NOW + 2)
    assert.deepEqual(waiting(), [])
    at = NOW + 3
    owe(NOW + 3)
    assert.deepEqual([waiting().length, waiting().includes(first)], [1, false])
  })
})
