/** The extensions that a session offers, on which the parameters of a client depend. */
export interface Offers {
  /** The session uses TLS; REQUIRETLS is offered only then (RFC 8689, 2). */
  secure: boolean
  /** The longest time for which a message may be scheduled, in milliseconds; 0 when FUTURERELEASE is not offered. */
  longestHoldMs: number
  /** The current time, milliseconds since the epoch. */
  now: number
}
