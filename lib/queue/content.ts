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

/** Overwrites and deletes one record of a content. One that is already gone, by a run that a crash cut off or by the stream's age
 * limit, is not an error. */
export async function erasePiece(broker: Broker, stream: string, seq: number): Promise<void> {
  try {
    await broker.jsm.streams.deleteMessage(stream, seq, true)
  } catch (error) {
    if (!(await isGone(broker, stream, seq, error))) throw error
  }
}

/** "sequence {seq} not found". */
const SEQUENCE_NOT_FOUND = 10_043
/** The storage could not delete: the code is the same for a record that is gone and for a disk that fails. */
const DELETE_FAILED = 10_057

/** Only the leader answers a deletion, so that its "not found" is true. */
async function isGone(broker: Broker, stream: string, seq: number, error: unknown): Promise<boolean> {
  if (!(error instanceof JetStreamApiError)) return false
  if (error.code === SEQUENCE_NOT_FOUND || error.code === JetStreamApiCodes.NoMessageFound) return true
  return error.code === DELETE_FAILED && (await readRecord(broker, stream, seq, ELECTION_MS)) === undefined
}
