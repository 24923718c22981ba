import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'

/** Why a record was not written.
 * - `refused`: because of its content or size. The same record is refused each time, so it is never retried.
 * - `conflict`: the stream changed since it was read ("wrong last sequence"). The caller reads it again.
 * - `unavailable`: the broker is away, slow, full, or electing a leader. The same record may be written later. */
export type WriteFailure = 'refused' | 'conflict' | 'unavailable'

const BAD_REQUEST = 400

/** Errors that the broker answers with status 400 although their cause is the stream, the account or the cluster, not the record
 * (nats-server, errors.json). */
const ABOUT_THE_BROKER: ReadonlySet<number> = new Set([
  10_002, // resource limits exceeded for account
  10_011, // tags placement not supported
  10_026, // maximum consumers limit reached
  10_027, // maximum number of streams reached
  10_040, // peer not a member
  10_044, // server is not a member of the cluster
  10_060, // expected stream does not match
  10_109, // stream is sealed
  10_123, // cannot move and scale a stream at once
  10_124, // stream move already in progress
  10_166, // per-message TTL is disabled
  10_174, // atomic publish is disabled
  10_188, // message schedules are disabled
  10_202, // cluster member change in progress
  10_226, // stream reconfiguration in progress
])

/**
 * Distinguishes a fault of the record from a fault of the broker, by the types and codes of the client library.
 *
 * A status other than 400 is about the broker itself: 503 "no leader", 500 "insufficient storage", 503 "maximum bytes exceeded", 404
 * "stream not found". An error of another type than the client library's was thrown while the record was encoded, and would be thrown
 * again.
 */
export function writeFailure(error: unknown): WriteFailure {
  if (error instanceof JetStreamApiError) return apiFailure(error)
  // Thrown before anything is sent: over max_payload, a subject with blanks, a header with a line break.
  if (error instanceof errors.InvalidArgumentError || error instanceof errors.InvalidSubjectError) return 'refused'
  if (error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) return 'refused'
  return 'unavailable'
}

function apiFailure({ code, status }: JetStreamApiError): WriteFailure {
  if (code === JetStreamApiCodes.StreamWrongLastSequence || code === JetStreamApiCodes.StreamWrongLastSequenceUnknown)
    return 'conflict'
  if (status !== BAD_REQUEST || ABOUT_THE_BROKER.has(code)) return 'unavailable'
  return 'refused'
}
