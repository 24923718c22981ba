import { wants } from '@postrider/smtp/dsn-wants'
import type { RecipientOutcome, ReviewEvent } from '@postrider/queue/event'
import type { Notice } from '../notice/decide.ts'

/** The notice to the sender of a held message that was not released in time; undefined if none is wanted. */
export function expiredNotice({ id, at, envelope, why }: ReviewEvent): Notice | undefined {
  if (envelope.from === '') return undefined
  const outcomes = envelope.recipients
    .filter((recipient) => wants(recipient, 'failed', false))
    .map((recipient) => {
      const outcome: RecipientOutcome = {
        address: recipient.address,
        state: 'failed',
        reply: `the message was held for review (${why.reason}) and not released in time`,
        status: '5.7.1',
        category: 'held',
        stage: 'queue',
      }
      return { recipient, at, outcome }
    })
  return outcomes.length === 0 ? undefined : { kind: 'failed', of: id, outcomes, headersOnly: true }
}
