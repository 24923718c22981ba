export type LimitField =
  'messagesPerDay' | 'recipientsPerDay' | 'messagesPerMinute' | 'rate' | 'newDestinationsPerDay' | 'concurrentSessions'

/** A limit that one more message or session would exceed. */
export interface Exceeded {
  /** Name of the SMTPLimit. */
  limit: string
  field: LimitField
  used: number
  allowed: number
  /** Milliseconds since the epoch at which enough will have left the window; undefined if it is not known, as when it takes the
   * end of another session. */
  freeAt?: number
}
