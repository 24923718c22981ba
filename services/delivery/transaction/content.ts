import type { Reply } from '@postrider/smtp/reply'
import { ConnectionBrokenError } from './outcome.ts'
import { goesOn } from '@postrider/smtp/reply'
import type { Dialogue } from './socket.ts'

const DOT = 0x2e
const LF = 0x0a
const END = Buffer.from('.\r\n')
/** Octets of one write. The remote must accept them within `blockMs`. */
const PIECE = 64 * 1024

/** Prevents that two workers complete the same message (ADR 22). */
export interface Fence {
  /** Called when the remote waits for the content. */
  content(): void
  /** Whether the final dot may be sent now. */
  finalDot(): Promise<boolean>
}

export interface ContentTimes {
  /** Longest time for which the remote may accept no data. Milliseconds. */
  blockMs: number
  /** Octets a second that the remote must accept on average, in addition to one `blockMs`. */
  rate: number
  /** Called just before the final dot is sent. From then on the remote may have accepted the message. */
  onEnd: () => void
  fence?: Fence | undefined
}

/** Sends the content with dot stuffing (RFC 5321, 4.5.2), and the final dot. The content must have CRLF line ends throughout and at its
 * end. If the remote interrupts it with a reply, resolves with this reply, and the final dot is not sent. Throws ConnectionBrokenError if
 * the remote is too slow, the connection ends, or the fence is closed. */
export async function sendContent(
  dialogue: Dialogue,
  content: AsyncIterable<Buffer> | Buffer,
  { blockMs, rate, onEnd, fence }: ContentTimes,
): Promise<Reply | undefined> {
  fence?.content()
  let next: Buffer | undefined
  let atLineStart = true
  let sent = 0
  // Time spent waiting for the remote. Time spent waiting for the broker does not count.
  let waited = 0
  for await (const piece of piecesOf(content)) {
    if (piece.length === 0) continue
    if (next !== undefined) {
      dialogue.write(next)
      sent += next.length
      const left = blockMs + (sent * 1000) / rate - waited
      if (left <= 0)
        throw new ConnectionBrokenError('TIMEOUT', 'content', `the remote accepted less than ${rate} octets a second`)
      const startedAt = performance.now()
      await dialogue.drained(Math.min(blockMs, left))
      waited += performance.now() - startedAt
      const interruption = interruptionOf(dialogue)
      if (interruption !== undefined) return interruption
    }
    next = stuffDots(piece, atLineStart)
    atLineStart = piece[piece.length - 1] === LF
  }
  if (fence !== undefined && !(await fence.finalDot())) {
    dialogue.destroy()
    const what = 'the message was not completed, because this worker could not renew its lease on it'
    throw new ConnectionBrokenError('LEASE', 'content', what)
  }
  const interruption = interruptionOf(dialogue)
  if (interruption !== undefined) return interruption
  onEnd()
  // The last piece and the dot leave in one packet, so a small message is a single write.
  dialogue.cork()
  if (next !== undefined) dialogue.write(next)
  dialogue.write(END, 1)
  dialogue.uncork()
  return undefined
}

/** The first unread reply other than 354, which does not interrupt the content. */
function interruptionOf(dialogue: Dialogue): Reply | undefined {
  for (let reply = dialogue.unread(); reply !== undefined; reply = dialogue.unread()) if (!goesOn(reply)) return reply
  return undefined
}

const piecesOf = (content: AsyncIterable<Buffer> | Buffer): AsyncIterable<Buffer> | Iterable<Buffer> =>
  Buffer.isBuffer(content) ? cutUp(content) : cutUpAll(content)

async function* cutUpAll(content: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  for await (const part of content) yield* cutUp(part)
}

function* cutUp(part: Buffer): Iterable<Buffer> {
  for (let at = 0; at < part.length; at += PIECE) yield part.subarray(at, at + PIECE)
}

/** Doubles the dot at the beginning of each line. Returns the piece itself if there is none. `atLineStart`: the piece begins a line. */
export function stuffDots(piece: Buffer, atLineStart: boolean): Buffer {
  const places: number[] = []
  if (atLineStart && piece[0] === DOT) places.push(0)
  for (let at = piece.indexOf('\n.'); at !== -1; at = piece.indexOf('\n.', at + 1)) places.push(at + 1)
  if (places.length === 0) return piece
  const pieces: Buffer[] = []
  let from = 0
  for (const place of places) {
    pieces.push(piece.subarray(from, place + 1))
    from = place
  }
  pieces.push(piece.subarray(from))
  return Buffer.concat(pieces)
}
