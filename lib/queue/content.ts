import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { ELECTION_MS, readRecord } from '@postrider/broker/read-record'
import { contentIn } from './record.ts'
import type { ContentRef } from './content-ref.ts'

/** A message's content was deleted: its retention ended, or an operator deleted it. Content that cannot be read just now is a
 * RecordUnavailableError. */
export class ContentGoneError extends Error {
  override readonly name = 'ContentGoneError'
  readonly ref: ContentRef
  constructor(ref: ContentRef) {
    super(`the content ${ref.stream}/${ref.seq} no longer exists`)
    this.ref = ref
  }
}

export interface ReadContentOptions {
  /** The record, when it is at hand. */
  first?: Uint8Array | undefined
  /** How long to wait for the leader of the stream. Milliseconds. */
  patienceMs?: number
}

/** Reads a content piece by piece, so that a large one is never whole in memory. Throws ContentGoneError and RecordUnavailableError. */
export async function* readContent(
  broker: Broker,
  ref: ContentRef,
  { first, patienceMs = ELECTION_MS }: ReadContentOptions = {},
): AsyncGenerator<Buffer> {
  yield Buffer.from(first ?? (await readPiece(broker, ref, ref.seq, patienceMs)))
  for (const seq of ref.parts) yield Buffer.from(await readPiece(broker, ref, seq, patienceMs))
}

async function readPiece(broker: Broker, ref: ContentRef, seq: number, patienceMs: number): Promise<Uint8Array> {
  const piece = await readRecord(broker, ref.stream, seq, patienceMs)
  if (piece === undefined) throw new ContentGoneError(ref)
  return contentIn(piece.headers, piece.data)
}

/** Overwrites and deletes a content in the broker's files. The record goes last, so that a crash leaves what names the rest. */
export async function eraseContent(broker: Broker, ref: ContentRef): Promise<void> {
  for (const seq of [...ref.parts, ref.seq]) await erasePiece(broker, ref.stream, seq)
}

/** Overwrites and deletes one record of a content; one that is already gone is not an error. */
export async function erasePiece(broker: Broker, stream: string, seq: number): Promise<void> {
  await broker.jsm.streams.deleteMessage(stream, seq, true).catch((error: unknown) => {
    if (!isDeleted(error)) throw error
  })
}

/** "sequence {seq} not found". */
const SEQUENCE_NOT_FOUND = 10_043
/** The broker's own error, of which it passes on the text only: "message not found", "stream store EOF". */
const DELETE_FAILED = 10_057

/** The record was deleted before, by a run that a crash cut off or by the stream's age limit. Only the leader answers a deletion. */
const isDeleted = (error: unknown): boolean =>
  error instanceof JetStreamApiError &&
  (error.code === SEQUENCE_NOT_FOUND ||
    error.code === JetStreamApiCodes.NoMessageFound ||
    (error.code === DELETE_FAILED && /not found|no message/i.test(error.message)))
