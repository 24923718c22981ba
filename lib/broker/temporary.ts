import { JetStreamApiError, JetStreamError } from '@nats-io/jetstream'
import { errors } from '@nats-io/transport-node'

/** "expected last sequence per subject temporarily unavailable": the leader has just been elected. */
const EXPECTED_SEQUENCE_UNKNOWN = 10_163
/** The broker has no capacity for an API request. */
const TOO_MANY_REQUESTS = 429

/**
 * True when the same request may succeed some seconds later: the broker is away or starting, the stream elects a leader, or a server did
 * not answer in time. False when the broker refused the request because of its content, and when this process closed the connection.
 *
 * The broker answers 503 or 500 for "no leader", "stream is offline", "cluster cannot handle request" and "no space left" (nats-server,
 * errors.json). For a subject without subscribers the client library reports "no responders".
 */
export function isTemporary(error: unknown): boolean {
  if (error instanceof JetStreamApiError)
    return error.status >= 500 || error.status === TOO_MANY_REQUESTS || error.code === EXPECTED_SEQUENCE_UNKNOWN
  // A status of a fetch or a direct read: 408 request timeout, 409 leadership change or consumer deleted, 503 no responders.
  if (error instanceof JetStreamError) return !('code' in error && error.code === 400)
  // The client library reports this when no server answers a request of the JetStream API; it does not export the class.
  if (error instanceof Error && error.name === 'JetStreamNotEnabled') return true
  if (error instanceof errors.TimeoutError || error instanceof errors.NoRespondersError) return true
  if (error instanceof errors.ConnectionError) return true
  return error instanceof errors.RequestError && !isDenied(error.cause)
}

/** The stream or the cluster has no leader at the moment (nats-server, errors.json). */
const WITHOUT_LEADER: ReadonlySet<number> = new Set([10_008, 10_009])

/** True while a stream elects a leader, which takes some seconds: no server has accepted the request. */
export function isElecting(error: unknown): boolean {
  if (error instanceof JetStreamApiError) return WITHOUT_LEADER.has(error.code)
  if (error instanceof errors.NoRespondersError) return true
  return error instanceof Error && error.name === 'JetStreamNotEnabled'
}

/** "duplicate message id is in process": a cluster is still storing the first copy of the record (nats-server, errors.json). */
const IN_PROCESS = 10_158

/** True while it is open whether the first copy of a record is stored. Proves that the copy that was refused is not. */
export const isInProcess = (error: unknown): boolean => error instanceof JetStreamApiError && error.code === IN_PROCESS

const isDenied = (cause: unknown): boolean =>
  cause instanceof errors.PermissionViolationError || cause instanceof errors.ClosedConnectionError
