export type LimitField =
  'messagesPerDay' | 'recipientsPerDay' | 'messagesPerMinute' | 'rate' | 'newDestinationsPerDay' | 'concurrentSessions'

/** A limit that one more message or session would exceed. */
export interface Exceeded {
  /** Name of the SMTPLimit. */
  limit: string
  field: LimitField
  used: number
  allowed: number
  /** Milliseconds since the epoch at which the message would be within the limit; undefined if that is unknown, as when another session
   * must end first. */
  freeAt?: number
}
