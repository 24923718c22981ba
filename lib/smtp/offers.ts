/** What the session offers, which decides what a client may ask for. */
export interface Offers {
  /** The session is in TLS: REQUIRETLS is offered there only (RFC 8689, 2). */
  secure: boolean
  /** Longest time that a message may be held, in milliseconds; 0 when FUTURERELEASE is not offered. */
  longestHoldMs: number
  /** Milliseconds since the epoch. */
  now: number
}
