import type { Decided } from '@postrider/message-log/review'
import type { Clock } from '@postrider/clock/clock'
import type { Envelope } from '@postrider/mail/envelope'
import { NotStoredError } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import { ContentGoneError, eraseContent, readContent } from '@postrider/queue/content'
import type { ReviewEvent } from '@postrider/queue/event'
import { enqueueHeld } from '@postrider/queue/held'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import type { ContentRef } from '@postrider/queue/content-ref'
import type { EventLog } from '@postrider/queue/publish-events'
import type { LogWriter } from '../log/apply.ts'
import type { LogReader } from '../log/read.ts'
import { BackOff } from '../back-off.ts'
import type { HeldLog } from './held-log.ts'
import type { HeldMessage } from '@postrider/message-log/review'

export interface ReviewDependencies {
  broker: Broker
  shards: number
  events: EventLog
  reader: LogReader
  writer: LogWriter
  held: HeldLog
  /** Whether the log holds all that is in the streams: before, it is not known what was already released. */
  ready: () => boolean
  decided: (event: ReviewEvent) => void
  failed: (id: string, error: unknown) => void
  clock: Clock
}

export interface Review {
  release(id: string): Promise<Decided>
  delete(id: string): Promise<Decided>
  /** Ends what a crash cut off, lets expire what waited for longer than `heldMs`, and erases what is decided about. */
  turn(heldMs: number): Promise<void>
}

const MAX_A_TURN = 100
const STORE_WAIT_MS = 10_000

/** Decides about held messages, one at a time.
 *
 * Release: the message goes into the queue under its own id, then the event, then the content in HELD is erased. After a crash the
 * log knows from the queue itself that it was released. Deletion and expiry: first the event, which is the truth, then the erasure. */
export function createReview(dependencies: ReviewDependencies): Review {
  const { broker, shards, events, reader, writer, held, ready, decided, failed, clock } = dependencies
  /** Releases that the broker did not confirm: perhaps in the queue, so only to be released again. */
  const uncertain = new Set<string>()
  const backOff = new BackOff()
  let last: Promise<unknown> = Promise.resolve()

  /** One after the other: a deletion must not come between the steps of a release. */
  function inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = last.then(run)
    last = result.catch(() => undefined)
    return result
  }

  async function writeDown(message: HeldMessage, decision: ReviewEvent['decision']): Promise<void> {
    const { envelope, why } = message
    const event: ReviewEvent = { type: 'review', at: clock.now(), id: envelope.id, decision, envelope, why }
    await events.append(event)
    // The feed will write the same again; written here, the next turn does not find it.
    held.review(event)
    decided(event)
  }

  async function erase({ envelope, content }: HeldMessage): Promise<void> {
    if (content !== null) await eraseContent(broker, content)
    held.erased(envelope.id)
  }

  async function release(message: HeldMessage, content: ContentRef): Promise<Decided> {
    const { id } = message.envelope
    const octets = await readWhole(broker, content)
    if (octets === undefined) return { failed: 'its content no longer exists' }
    uncertain.add(id)
    const envelope = released(message.envelope, clock.now())
    const ref = await enqueueHeld(broker, shards, envelope, octets, STORE_WAIT_MS)
    writer.message(envelope, ref)
    uncertain.delete(id)
    await writeDown(message, 'released')
    await erase(message)
    return { done: 'released' }
  }

  async function remove(message: HeldMessage): Promise<Decided> {
    if (uncertain.has(message.envelope.id))
      return { failed: 'it may have been released a moment ago; release it again' }
    await writeDown(message, 'deleted')
    await erase(message)
    return { done: 'deleted' }
  }

  /** One that fails is tried again later, and the others go on. */
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
      if (error instanceof RecordUnavailableError)
        return { failed: 'its content cannot be read at the moment; try again' }
      throw error
    }
  }

  return {
    release: (id) => inTurn(() => decide(id, release)),
    delete: (id) => inTurn(() => decide(id, remove)),
    turn: (heldMs) =>
      inTurn(async () => {
        const most = MAX_A_TURN + backOff.size
        await forEach(held.inQueue(most), (message) => writeDown(message, 'released'))
        const certain = clock.certain()
        const expired = certain === undefined ? [] : held.expired(certain - heldMs, most)
        const settled = expired.filter(({ envelope: { id } }) => !uncertain.has(id))
        await forEach(settled, (message) => writeDown(message, 'expired'))
        await forEach(held.toErase(most), erase)
      }),
  }
}

/** The five days begin with the release, and so does a wait that the client asked for when that is over. */
const released = (envelope: Envelope, at: number): Envelope => ({
  ...envelope,
  acceptedAt: at,
  heldAt: envelope.acceptedAt,
})

async function readWhole(broker: Broker, ref: ContentRef): Promise<Buffer | undefined> {
  const pieces: Buffer[] = []
  try {
    for await (const piece of readContent(broker, ref)) pieces.push(piece)
  } catch (error) {
    if (error instanceof ContentGoneError) return undefined
    throw error
  }
  return Buffer.concat(pieces)
}
