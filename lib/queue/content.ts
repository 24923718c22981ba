import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import type { Broker } from '@postrider/broker/connection'
import { ELECTION_MS, readRecord } from '@postrider/broker/read-record'
import { contentIn } from './record.ts'
import type { ContentRef } from './content-ref.ts'

/** The content of a message was deleted: its retention ended, or an administrator deleted it. For content that cannot be read at the
 * moment, RecordUnavailableError is thrown instead. */
export class ContentGoneError extends Error {
  override readonly name = 'ContentGoneError'
  readonly ref: ContentRef
  constructor(ref: ContentRef) {
    super(`the content ${ref.stream}/${ref.seq} no longer exists`)
    this.ref = ref
  }
}

export interface ReadContentOptions {
  /** The content in the record itself, when the caller already has it. */
  first?: Uint8Array | undefined
  /** How long to wait for the leader of the stream. Milliseconds. */
  patienceMs?: number
}

/** Reads a message's content piece by piece, so that large content is never in memory as a whole. Throws ContentGoneError and
 * RecordUnavailableError. */
export async function* readContent(
  broker: Broker,
  ref: ContentRef,
  { first, patienceMs = ELECTION_MS }: ReadContentOptions = {},
): AsyncGenerator<Buffer> {
  yield Buffer.from(first ?? (await readPiece(broker, ref, ref.seq, patienceMs)))
  for (const seq of ref.parts) yield Buffer.from(await readPiece(broker, ref, seq, patienceMs))
}

/** Reads a whole content. Rejects as `readContent` throws. */
export async function readWholeContent(
  broker: Broker,
  ref: ContentRef,
  options: ReadContentOptions = {},
): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(readContent(broker, ref, options)))
}

async function readPiece(broker: Broker, ref: ContentRef, seq: number, patienceMs: number): Promise<Uint8Array> {
  const piece = await readRecord(broker, ref.stream, seq, patienceMs)
  if (piece === undefined) throw new ContentGoneError(ref)
  return contentIn(piece.headers, piece.data)
}

/** Overwrites and deletes a message's content in the broker's files. The record is deleted last, since it names the parts: after a
 * crash, the remaining ones can still be found. */
export async function eraseContent(broker: Broker, ref: ContentRef): Promise<void> {
  for (const seq of [...ref.parts, ref.seq]) await erasePiece(broker, ref.stream, seq)
}

/** Overwrites and deletes one record. It is not an error when the record no longer exists, because of an earlier, interrupted run or of
 * the stream's age limit. */
export async function erasePiece(broker: Broker, stream: string, seq: number): Promise<void> {
  try {
    await broker.jsm.streams.deleteMessage(stream, seq, true)
  } catch (error) {
    if (!(await isGone(broker, stream, seq, error))) throw error
  }
}

/** "sequence {seq} not found". */
const SEQUENCE_NOT_FOUND = 10_043
/** The storage could not delete. The broker uses the same code for a record that no longer exists and for a disk failure. */
const DELETE_FAILED = 10_057

/** Only the leader answers a deletion, so its "not found" is reliable. */
async function isGone(broker: Broker, stream: string, seq: number, error: unknown): Promise<boolean> {
  if (!(error instanceof JetStreamApiError)) return false
  if (error.code === SEQUENCE_NOT_FOUND || error.code === JetStreamApiCodes.NoMessageFound) return true
  return error.code === DELETE_FAILED && (await readRecord(broker, stream, seq, ELECTION_MS)) === undefined
}
