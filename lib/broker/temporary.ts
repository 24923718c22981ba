import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'

/** "expected last sequence per subject temporarily unavailable": a leader that has just been elected. */
const EXPECTED_SEQUENCE_UNKNOWN = 10_163
/** The broker answers an API request that it has no capacity for. */
const TOO_MANY_REQUESTS = 429

/**
 * True when the same request may well succeed in some seconds: the broker is away or starting, the stream elects a leader,
 * a server did not answer in time. False when the broker refused the request for what it is, and when the connection was closed
 * by this process.
 *
 * The broker answers 503 or 500 for "no leader", "stream is offline", "cluster cannot handle request" and "no space left"
 * (nats-server, errors.json); a subject that nobody listens on is answered by the client library as "no responders".
 */
export function isTemporary(error: unknown): boolean {
  if (error instanceof JetStreamApiError)
    return error.status >= 500 || error.status === TOO_MANY_REQUESTS || error.code === EXPECTED_SEQUENCE_UNKNOWN
  // A status of a pull or a direct read: 408 request timeout, 409 leadership change or consumer deleted, 503 no responders.
  if (error instanceof JetStreamError) return !('code' in error && error.code === 400)
  // The client library says so when nobody answers a request of the JetStream API; it does not export the class.
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') return true
  if (error instanceof errors.TimeoutError || error instanceof errors.NoRespondersError) return true
  if (error instanceof errors.ConnectionError) return true
  return error instanceof errors.RequestError && !isDenied(error.cause)
}

/** A server has no leader for the stream just now (nats-server, errors.json). */
const WITHOUT_LEADER: ReadonlySet<number> = new Set([10_008, 10_009])

/** True while a stream elects a leader, which takes some seconds: nobody took the request. */
export function isElecting(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return WITHOUT_LEADER.has(error.code)
  if (error instanceof errors.NoRespondersError) return true
  return error instanceof Error && error.name === 'JetStreamNotEnabled'
}

const isDenied = (cause: unknown): boolean =>
  cause instanceof errors.PermissionViolationError || cause instanceof errors.ClosedConnectionError
