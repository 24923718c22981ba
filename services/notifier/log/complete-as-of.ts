import { setTimeout as pause } from 'node:timers/promises'
import { DUPLICATE_WINDOW_MS } from '@postrider/broker/streams'
import { NotStoredError } from '@postrider/queue/accept'
import type { Place } from '@postrider/queue/place'

/** Resolves with a moment of the last minute, in monotonic milliseconds: everything that the MAIL stream of this message stored before it
 * is in the log. A message that the log does not know even then may be stored under its id again: either no earlier try was stored, or one
 * was so recently that the broker still knows the id. Rejects with NotStoredError when the leader does not answer, or the log is behind. */
export type CompleteAsOf = (id: string) => Promise<number>

export interface CompleteAsOfOptions {
  /** Where the message with an id is stored. */
  placeOf: (id: string) => Pick<Place, 'stream' | 'recordSubject'>
  /** Asks the leader for the sequence number of the last record of a subject. */
  lastOf: (stream: string, subject: string) => Promise<number>
  /** The last sequence number that is in the log. */
  readOf: (stream: string) => number
  /** How long an answer of the leader is used. Milliseconds. */
  freshMs?: number
  /** How long a message waits for the log. Milliseconds. */
  patienceMs?: number
  /** Monotonic, in milliseconds. */
  clock?: () => number
}

/** The end of a stream, as its leader said. */
export interface StreamEnd {
  seq: number
  /** Before the leader was asked. By `clock`. */
  askedAt: number
}

/** The other half of the broker's duplicate window is for storing the message. Milliseconds. */
const FRESH_MS = DUPLICATE_WINDOW_MS / 2
/** The log is usually less than 100 ms behind. Milliseconds. */
const PATIENCE_MS = 1000
const LOOK_EVERY_MS = 20

/** The end to wait for after another answer. It stays the same while it is fresh, because mail that comes meanwhile would move it further
 * and further. A lower answer counts: what was deleted since is not waited for. Pure. */
export function nextEnd(known: StreamEnd | undefined, answer: StreamEnd, freshMs: number): StreamEnd {
  if (known === undefined || answer.askedAt - known.askedAt >= freshMs) return answer
  return { ...known, seq: Math.min(known.seq, answer.seq) }
}

/** The moment as of which the log is complete; undefined if it is unknown or too long ago. Pure. */
export function completeSince(end: StreamEnd | undefined, read: number, now: number, freshMs: number) {
  return end !== undefined && read >= end.seq && now - end.askedAt < freshMs ? end.askedAt : undefined
}

/** Asks at most once for each message, and only when the last answer is no longer fresh or the log has not reached it. */
export function createCompleteAsOf(options: CompleteAsOfOptions): CompleteAsOf {
  const { placeOf, lastOf, readOf, freshMs = FRESH_MS, patienceMs = PATIENCE_MS } = options
  const clock = options.clock ?? (() => performance.now())
  /** One for each MAIL stream. */
  const ends = new Map<string, StreamEnd>()
  return async (id) => {
    const { stream, recordSubject } = placeOf(id)
    const startedAt = clock()
    const notNow = (cause: unknown) => new NotStoredError(Math.round(clock() - startedAt), { left: 'nothing', cause })
    const complete = (): number | undefined => completeSince(ends.get(stream), readOf(stream), clock(), freshMs)
    const already = complete()
    if (already !== undefined) return already
    const askedAt = clock()
    const seq = await lastOf(stream, recordSubject).catch((error: unknown) => {
      throw notNow(error)
    })
    ends.set(stream, nextEnd(ends.get(stream), { seq, askedAt }, freshMs))
    const until = clock() + patienceMs
    for (;;) {
      const asOf = complete()
      if (asOf !== undefined) return asOf
      if (clock() >= until) throw notNow(new Error('the message log is behind the queue'))
      await pause(LOOK_EVERY_MS)
    }
  }
}
