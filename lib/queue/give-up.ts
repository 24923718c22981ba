import { setTimeout as pause } from 'node:timers/promises'
import { JetStreamApiError } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { DUPLICATE_WINDOW_MS } from '@postrider/broker/streams'
import { isInProcess } from '@postrider/broker/temporary'
import { writeFailure } from '@postrider/broker/write-failure'
import type { Discard } from './discard.ts'
import type { Place } from './place.ts'

/** What remains in the queue of a message that was not stored. `perhaps`: the broker did not answer, or parts of the message are stored. */
export type Left = 'nothing' | 'perhaps'

/** What has been sent to the broker for one message. */
export interface Sent {
  /** Sequence numbers of the parts that are stored. */
  parts: number[]
  /** When the record was sent, in monotonic milliseconds; undefined when it was not sent. */
  recordAt?: number
  /** The record was sent more than once. */
  repeated: boolean
}

export interface Withdrawal {
  /** Requests the deletion of parts that no record names. */
  discard: Discard
}

const WITHDRAW_MS = 5000
const DISCARD_MS = 5000
const IN_PROCESS_PAUSE_MS = 250
/** For this long after the record was sent, the broker certainly still knows its id. Well within the broker's duplicate window.
 * Milliseconds. */
const MARK_COUNTS_MS = DUPLICATE_WINDOW_MS - 20_000

/** Finds out what remains of a message whose record was not confirmed. With `withdrawal`, makes sure that it is not stored later, and
 * requests the deletion of its parts when no record names them. */
export async function giveUp(
  broker: Broker,
  place: Place,
  id: string,
  { sent, cause, withdrawal }: { sent: Sent; cause: unknown; withdrawal: Withdrawal | undefined },
): Promise<{ storedAt: number } | { left: Left }> {
  const { parts, recordAt, repeated } = sent
  // A refusal proves that the broker did not store the record, unless the record had been sent before.
  const answered = writeFailure(cause) === 'refused' || isAnswer(cause)
  const absent = recordAt === undefined || (answered && !repeated)
  const end = absent ? 'absent' : withdrawal && (await withdraw(broker, place, id))
  if (typeof end === 'object') return end
  // A mark proves nothing about a record that was stored so long ago that the broker no longer knows its id.
  const isUnnamed = end === 'absent' && (absent || performance.now() - recordAt < MARK_COUNTS_MS)
  const isGone = isUnnamed && (parts.length === 0 || (await isDiscarded(withdrawal?.discard(id, place.stream, parts))))
  // A part that was not confirmed may be stored, at an unknown sequence.
  return { left: isGone && (recordAt !== undefined || answered) ? 'nothing' : 'perhaps' }
}

/** True when the deletion is certain to happen. The client waits at most DISCARD_MS for that. */
async function isDiscarded(discarding: Promise<void> | undefined): Promise<boolean> {
  if (discarding === undefined) return false
  const done = discarding.then(
    () => true,
    () => false,
  )
  return Promise.race([done, pause(DISCARD_MS, false, { ref: false })])
}

/**
 * Decides whether a record that the broker did not confirm is stored, so that a client that gets 451 and submits the message again does not
 * create a duplicate. Publishes a mark with the record's id: since the broker stores an id once, either the record is already stored and
 * the message is accepted after all, or the record can no longer be stored. Returns undefined when the broker does not answer this either.
 *
 * Published once: if it were repeated, the broker's "duplicate" could refer to the mark itself instead of the record. Only while a cluster
 * is still storing the record, which refuses the mark, it is published again.
 */
async function withdraw(
  broker: Broker,
  place: Place,
  id: string,
): Promise<'absent' | { storedAt: number } | undefined> {
  const deadline = performance.now() + WITHDRAW_MS
  while (broker.connected) {
    try {
      const ack = await broker.js.publish(place.partSubject, '', { msgID: id, timeout: WITHDRAW_MS, retries: 1 })
      return ack.duplicate ? { storedAt: ack.seq } : 'absent'
    } catch (error) {
      if (!isInProcess(error) || performance.now() >= deadline) return undefined
      await pause(IN_PROCESS_PAUSE_MS)
    }
  }
  return undefined
}

/** True for a refusal by the broker, and for the answer that no server handles the stream at the moment; the client library does not
 * export the class of the latter. */
const isAnswer = (error: unknown): boolean =>
  error instanceof JetStreamApiError || (error instanceof Error && error.name === 'JetStreamNotEnabled')
