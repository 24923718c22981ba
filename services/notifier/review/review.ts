import type { Decided } from '@postrider/message-log/review'
import type { Clock } from '@postrider/clock/clock'
import type { Envelope } from '@postrider/mail/envelope'
import { NotStoredError, RecordRefusedError } from '@postrider/queue/accept'
import { ContentGoneError } from '@postrider/queue/content'
import type { ReviewEvent } from '@postrider/queue/event'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import { DUPLICATE_WINDOW_MS } from '@postrider/broker/streams'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import type { ContentRef } from '@postrider/queue/content-ref'
import type { EventLog } from '@postrider/queue/publish-events'
import type { LogWriter } from '../log/apply.ts'
import type { CompleteAsOf } from '../log/complete-as-of.ts'
import type { LogReader } from '../log/read.ts'
import { BackOff } from '../back-off.ts'
import type { HeldLog } from './held-log.ts'
import type { HeldMail } from './held-mail.ts'
import type { HeldMessage } from '@postrider/message-log/review'

export interface ReviewDependencies {
  mail: HeldMail
  events: EventLog
  reader: LogReader
  writer: LogWriter
  held: HeldLog
  /** Whether the log is complete. Before that, it is unknown what was already released. */
  ready: () => boolean
  completeAsOf: CompleteAsOf
  decided: (event: ReviewEvent) => void
  failed: (id: string, error: unknown) => void
  clock: Clock
  /** Monotonic, in milliseconds, as that of `completeAsOf`. */
  monotonic?: () => number
}

export interface Review {
  release(id: string): Promise<Decided>
  delete(id: string): Promise<Decided>
  /** Completes releases that a crash interrupted, lets messages expire that were held for longer than `heldMs` milliseconds, and erases the
   * content of messages that were decided about. */
  runPending(heldMs: number): Promise<void>
}

/** Messages that one call of `runPending` handles in each step. */
const MAX_PER_CALL = 100
/** A release that was not confirmed may still be on its way. After this long, it is stored or lost: the connection that it was sent on has
 * answered since, or was given up. Milliseconds. */
const LATE_MS = DUPLICATE_WINDOW_MS

/** Carries out decisions about held messages, one at a time.
 *
 * Release: the message is stored in the queue under its own id, then the event is written, then the content in HELD is erased. After a
 * crash, the log shows by the message in the queue that it was released. Deletion and expiry: the event is written first, which makes the
 * decision final, then the content is erased. */
export function createReview(dependencies: ReviewDependencies): Review {
  const { mail, events, reader, writer, held, ready, completeAsOf, decided, failed, clock } = dependencies
  const monotonic = dependencies.monotonic ?? (() => performance.now())
  /** Held messages whose release the broker did not confirm, and when that was. They may be in the queue, so until the log shows that they
   * are not, the only decision allowed is another release. */
  const uncertain = new Map<string, number>()
  const backOff = new BackOff()
  let last: Promise<unknown> = Promise.resolve()

  /** Runs one decision after the other, so that a deletion does not come between the steps of a release. */
  function oneAtATime<T>(run: () => Promise<T>): Promise<T> {
    const result = last.then(run)
    last = result.catch(() => undefined)
    return result
  }

  async function record(message: HeldMessage, decision: ReviewEvent['decision']): Promise<void> {
    const { envelope, why } = message
    const event: ReviewEvent = { type: 'review', at: clock.now(), id: envelope.id, decision, envelope, why }
    await events.append(event)
    uncertain.delete(envelope.id)
    // The feed will write the same event again. Written here as well, so that the next call of `runPending` does not find the message.
    held.review(event)
    decided(event)
  }

  async function erase({ envelope, content }: HeldMessage): Promise<void> {
    if (content !== null) await mail.erase(content)
    held.erased(envelope.id)
  }

  async function release(message: HeldMessage, content: ContentRef): Promise<Decided> {
    const { id } = message.envelope
    const octets = await readWhole(mail, content)
    if (octets === undefined) return { failed: 'its content no longer exists' }
    await completeAsOf(id)
    if (reader.known(id)) return { already: 'released' }
    const envelope = released(message.envelope, clock.now())
    try {
      writer.message(envelope, await mail.enqueue(envelope, octets))
    } catch (error) {
      if (mayBeStored(error)) uncertain.set(id, monotonic())
      throw error
    }
    await record(message, 'released')
    await erase(message)
    return { done: 'released' }
  }

  /** Rejects as `completeAsOf` does. */
  async function mayBeReleased(id: string): Promise<boolean> {
    const since = uncertain.get(id)
    if (since === undefined) return false
    if (monotonic() - since < LATE_MS) return true
    return (await completeAsOf(id)) - since < LATE_MS || reader.known(id)
  }

  async function remove(message: HeldMessage): Promise<Decided> {
    if (await mayBeReleased(message.envelope.id))
      return { failed: 'it may have been released a moment ago; release it again, or try again in a few minutes' }
    await record(message, 'deleted')
    await erase(message)
    return { done: 'deleted' }
  }

  /** Runs `act` for each message. A message that fails is retried later, without delaying the others. */
  async function forEach(messages: HeldMessage[], act: (message: HeldMessage) => Promise<void>): Promise<void> {
    for (const message of messages) {
      const { id } = message.envelope
      if (!backOff.isDue(id)) continue
      try {
        await act(message)
        backOff.done(id)
      } catch (error) {
        backOff.failed(id)
        failed(id, error)
      }
    }
  }

  async function decide(
    id: string,
    act: (message: HeldMessage, content: ContentRef) => Promise<Decided>,
  ): Promise<Decided> {
    if (!ready()) return { failed: 'the message log is catching up with the queue; try again in a few seconds' }
    const message = held.find(id)
    if (message === undefined) return { unknown: true }
    if (message.state !== 'held') return { already: message.state }
    if (reader.known(id)) return { already: 'released' }
    if (message.content === null) return { failed: 'its content no longer exists' }
    try {
      return await act(message, message.content)
    } catch (error) {
      if (error instanceof NotStoredError) return { failed: 'the queue did not confirm it; try again' }
      if (error instanceof RecordTooLargeError || error instanceof RecordRefusedError)
        return { failed: `it can only be deleted: ${error.message}` }
      if (error instanceof RecordUnavailableError)
        return { failed: 'its content cannot be read at the moment; try again' }
      throw error
    }
  }

  return {
    release: (id) => oneAtATime(() => decide(id, release)),
    delete: (id) => oneAtATime(() => decide(id, remove)),
    runPending: (heldMs) =>
      oneAtATime(async () => {
        const limit = MAX_PER_CALL + backOff.size
        await forEach(held.inQueue(limit), (message) => record(message, 'released'))
        const certain = clock.certain()
        const expired = certain === undefined ? [] : held.expired(certain - heldMs, limit)
        await forEach(expired, async (message) => {
          if (!(await mayBeReleased(message.envelope.id))) await record(message, 'expired')
        })
        await forEach(held.toErase(limit), erase)
      }),
  }
}

/** Whether the message may be in the queue after a release that failed. */
function mayBeStored(error: unknown): boolean {
  if (error instanceof RecordTooLargeError) return false
  return !(error instanceof NotStoredError || error instanceof RecordRefusedError) || error.left !== 'nothing'
}

/** The envelope of a released message. Its lifetime begins at the release, or at the time that the submitter chose if that is later. */
const released = (envelope: Envelope, at: number): Envelope => ({
  ...envelope,
  acceptedAt: at,
  heldAt: envelope.acceptedAt,
})

/** Undefined when it was deleted. */
async function readWhole(mail: HeldMail, content: ContentRef): Promise<Buffer | undefined> {
  try {
    return await mail.read(content)
  } catch (error) {
    if (error instanceof ContentGoneError) return undefined
    throw error
  }
}
