import type { Broker } from './broker.ts'
import type { ContentRef } from './record.ts'

/** A message's content is no longer there: its retention ended, or somebody deleted it. */
export class ContentGone extends Error {
  override readonly name = 'ContentGone'
  readonly ref: ContentRef
  constructor(ref: ContentRef) {
    super(`the content ${ref.stream}/${ref.seq} is gone`)
    this.ref = ref
  }
}

/** Reads a content piece by piece, so that a large one is never whole in memory. `first` is the record when it is at hand. */
export async function* readContent(broker: Broker, ref: ContentRef, first?: Uint8Array): AsyncGenerator<Buffer> {
  yield Buffer.from(first ?? (await readPiece(broker, ref, ref.seq)))
  for (const seq of ref.parts) yield Buffer.from(await readPiece(broker, ref, seq))
}

async function readPiece(broker: Broker, ref: ContentRef, seq: number): Promise<Uint8Array> {
  const piece = await broker.jsm.direct.getMessage(ref.stream, { seq })
  if (piece === null) throw new ContentGone(ref)
  return piece.data
}

/** Overwrites and deletes a content in the broker's files. The record goes last, so that a crash leaves what names the rest. */
export async function eraseContent(broker: Broker, ref: ContentRef): Promise<void> {
  for (const seq of [...ref.parts, ref.seq]) {
    await broker.jsm.streams.deleteMessage(ref.stream, seq, true).catch((error: unknown) => {
      // Already gone, by a run that a crash cut off or by the backstop.
      if (!(error instanceof Error && /not found|no message/i.test(error.message))) throw error
    })
  }
}
