import type { Envelope } from '@postrider/mail/envelope'
import type { Category, Stage } from '@postrider/reply/category'
import type { ContentRef } from './content-ref.ts'

/** Why the recipient has this outcome: the category of the reply, or `held` when no one released the message from review in time (that
 * category occurs in notices, never in attempts). Readers must expect other values too: a later release may have written the event. */
export type OutcomeCategory = Category | 'delivered' | 'held'

/** The stage of the SMTP session; `queue` when there was no attempt. */
export type OutcomeStage = Stage | 'queue'

/** The outcome for one recipient of one attempt. */
export interface RecipientOutcome {
  address: string
  state: 'delivered' | 'deferred' | 'failed'
  /** The text of the remote's reply, or, with `ours`, a text of this platform. */
  reply: string
  /** The text was written by this platform, since no remote sent a reply. Absent in events of an earlier release. */
  ours?: boolean
  /** RFC 3463 status for the notice: the remote's, or one that this platform chose. */
  status: string
  category: OutcomeCategory
  stage: OutcomeStage
}

/** An attempt is over. Written before the job is acknowledged, since the event, not the acknowledgement, is the authoritative record. */
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
  /** The host that answered, if one did. */
  remote?: { host: string; address: string; tls: string | null; dsn: boolean }
  /** When the deferred recipients are attempted again, milliseconds since the epoch. */
  nextAt?: number
  /** One of several transactions of one attempt, made because the remote accepts only a limited number of recipients at once. The next
   * transaction begins immediately, so this one does not count for the retry schedule. */
  uncounted?: boolean
}

/** An administrator removed recipients from the queue. */
export interface CancelEvent {
  type: 'cancel'
  at: number
  id: string
  part: number
  destination: string
  content: ContentRef
  recipients: string[]
}

/** The content of a message was deleted. Carries what the placeholder shows, so that the message log can be rebuilt without the content. */
export interface EraseEvent {
  type: 'erase'
  at: number
  id: string
  envelope: Envelope
}

/** A scanner's verdict on a submitted message was not clean, or the scanner could not give one. Written after the reply to the client,
 * so a crash may lose one. */
export interface VerdictEvent {
  type: 'verdict'
  at: number
  /** Queue id. The id of a refused message appears nowhere else. */
  id: string
  /** Domain of the credential that submitted the message. */
  domain: string
  credential: string
  scanner: 'clamav' | 'rspamd'
  outcome: 'infected' | 'spam' | 'too-large' | 'unavailable'
  action: 'pass' | 'tag' | 'hold' | 'tempfail' | 'reject'
  reason: string
}

/** A message that was held for review was released, deleted, or expired. Carries what the placeholder shows. */
export interface ReviewEvent {
  type: 'review'
  at: number
  id: string
  /** `released`: it is in the queue. `expired`: no one decided in time. */
  decision: 'released' | 'deleted' | 'expired'
  envelope: Envelope
  why: { scanner: string; reason: string }
}

/** Parts of the content of a message that was not accepted, or whose record cannot be read. No readable record names them, so the notifier
 * deletes them. */
export interface DiscardEvent {
  type: 'discard'
  at: number
  /** Queue id in the message ids of the parts; no message in the log has it. */
  id: string
  stream: string
  /** Sequence numbers. */
  parts: number[]
}

export type QueueEvent = AttemptEvent | CancelEvent | EraseEvent | VerdictEvent | ReviewEvent | DiscardEvent
