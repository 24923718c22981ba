import type { Envelope } from '@postrider/mail/envelope'
import type { Category, Stage } from '@postrider/reply/category'
import type { ContentRef } from './content-ref.ts'

/** Why, as the reply was classified. `held`: no one released the message from review in time; notices say so, and no attempt does.
 * Readers expect others as well: a later release may have written the event. */
export type OutcomeCategory = Category | 'delivered' | 'held'

/** Where in the dialogue; `queue`: there was no attempt. */
export type OutcomeStage = Stage | 'queue'

/** What became of one recipient in one attempt. */
export interface RecipientOutcome {
  address: string
  state: 'delivered' | 'deferred' | 'failed'
  /** The remote's words, or with `ours` those of this platform. */
  reply: string
  /** Nobody said it: this platform found it out itself. Absent in events of an earlier release. */
  ours?: boolean
  /** RFC 3463 status for the notice: the remote's, or one that fits. */
  status: string
  category: OutcomeCategory
  stage: OutcomeStage
}

/** An attempt is over. Written before the job is acknowledged: it is the truth, the acknowledgement only follows. */
export interface AttemptEvent {
  type: 'attempt'
  at: number
  id: string
  part: number
  /** Number of this attempt, from 1. */
  attempt: number
  destination: string
  content: ContentRef
  outcomes: RecipientOutcome[]
  /** Host that answered, when one did. */
  remote?: { host: string; address: string; tls: string | null; dsn: boolean }
  /** When the deferred recipients are tried again. */
  nextAt?: number
  /** One of several transactions of an attempt, since the remote takes only so many recipients at once. The next begins
   * immediately, so it has no part in the delays between attempts. */
  uncounted?: boolean
}

/** An operator took recipients out of the queue. */
export interface CancelEvent {
  type: 'cancel'
  at: number
  id: string
  part: number
  destination: string
  content: ContentRef
  recipients: string[]
}

/** Content was deleted. Carries what the placeholder tells, so that the log can be rebuilt without the content. */
export interface EraseEvent {
  type: 'erase'
  at: number
  id: string
  envelope: Envelope
}

/** A scanner found something in a message that was submitted, or could not say anything about it. Written after the client has
 * its reply: a crash may lose one. */
export interface VerdictEvent {
  type: 'verdict'
  at: number
  /** Queue id; a refused message has one that nothing else knows. */
  id: string
  /** Who submitted it. */
  domain: string
  credential: string
  scanner: 'clamav' | 'rspamd'
  outcome: 'infected' | 'spam' | 'too-large' | 'unavailable'
  action: 'pass' | 'tag' | 'hold' | 'tempfail' | 'reject'
  reason: string
}

/** It was decided about a message that was held. Carries what the placeholder tells. */
export interface ReviewEvent {
  type: 'review'
  at: number
  id: string
  /** released: it is in the queue. expired: nobody decided in time. */
  decision: 'released' | 'deleted' | 'expired'
  envelope: Envelope
  why: { scanner: string; reason: string }
}

/** Parts of the content of a message that was not taken after all. No record names them, so the notifier deletes them. */
export interface DiscardEvent {
  type: 'discard'
  at: number
  /** Queue id that the parts bear; no message has it. */
  id: string
  stream: string
  /** Sequence numbers. */
  parts: number[]
}

export type QueueEvent = AttemptEvent | CancelEvent | EraseEvent | VerdictEvent | ReviewEvent | DiscardEvent
