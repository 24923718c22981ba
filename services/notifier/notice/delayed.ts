import { triedSince } from '@postrider/mail/envelope'
import type { RecipientOutcome } from '@postrider/queue/event'
import type { PlatformConfig } from '@postrider/runtime-config/config'
import { wants } from '@postrider/smtp/dsn-wants'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'
import { noticeId } from './decide.ts'
import type { Notice } from './decide.ts'

const NOT_ATTEMPTED: Omit<RecipientOutcome, 'address'> = {
  state: 'deferred',
  reply: 'no attempt has been made yet',
  status: '4.4.0',
  category: 'other',
  stage: 'queue',
}

/** Queues a delayed notice, once for each message, about messages that are still queued after the configured time. `now`: milliseconds
 * since the epoch. Returns the number of messages that were decided about. */
export function oweDelayedNotices(reader: LogReader, writer: LogWriter, platform: PlatformConfig, now: number): number {
  const after = platform.notices.delayedAfterMs
  if (after === 0) return 0
  const messages = reader.toDelay(now - after, 500)
  if (messages.length === 0) return 0
  writer.transaction(() => {
    for (const { envelope } of messages) {
      const byAddress = new Map(envelope.recipients.map((recipient) => [recipient.address, recipient]))
      const outcomes = reader.recipients(envelope.id).flatMap((logged) => {
        const recipient = byAddress.get(logged.address)
        if (logged.state !== 'queued' && logged.state !== 'deferred') return []
        if (recipient === undefined || !wants(recipient, 'delayed', false)) return []
        const outcome = logged.outcome ?? { address: logged.address, ...NOT_ATTEMPTED }
        return [{ recipient, outcome, at: logged.updatedAt }]
      })
      if (outcomes.length > 0 && envelope.from !== '') {
        const retryUntil = triedSince(envelope) + platform.retry.lifetimeMs
        const notice: Notice = { kind: 'delayed', of: envelope.id, outcomes, retryUntil }
        writer.queueNotice(noticeId('delayed', envelope.id, ''), envelope.id, notice)
      }
      // Also if no notice is wanted, so that each message is decided about once.
      writer.markDelayNotified(envelope.id)
    }
  })
  return messages.length
}
