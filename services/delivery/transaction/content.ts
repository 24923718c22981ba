import type { Reply } from '@postrider/smtp/reply'
import { ConnectionBrokenError } from './outcome.ts'
import { goesOn } from '@postrider/smtp/reply'
import type { Dialogue } from './socket.ts'

const DOT = 0x2e
const LF = 0x0a
const END = Buffer.from('.\r\n')
/** Octets written at once: what the remote has to take in within one block time. */
const PIECE = 64 * 1024

/** Asked by whoever sends a message that another worker may be about to send as well. */
export interface Fence {
  /** The remote waits for the content. */
  content(): void
  /** Whether the final dot may be sent, now. */
  finalDot(): Promise<boolean>
}

export interface ContentTimes {
  /** How long the remote may take nothing in. */
  blockMs: number
  /** Octets a second that it must take in on average, beside one block time. */
  rate: number
  /** Called before the final dot can leave: from then on the remote may have the message. */
  onEnd: () => void
  fence?: Fence | undefined
}

/** Writes a content and the final dot, lines that begin with a dot doubled (RFC 5321, 4.5.2). The content is in the platform's
 * normal form: CRLF line ends throughout and at the end. Returns the reply with which the remote interrupted, if it did:
 * then the final dot was not sent. */
export async function sendContent(
  dialogue: Dialogue,
  content: AsyncIterable<Buffer> | Buffer,
  { blockMs, rate, onEnd, fence }: ContentTimes,
): Promise<Reply | undefined> {
  fence?.content()
  let held: Buffer | undefined
  let atLineStart = true
  let sent = 0
  // Time that the remote took; our own broker's does not count.
  let waited = 0
  for await (const piece of piecesOf(content)) {
    if (piece.length === 0) continue
    if (held !== undefined) {
      dialogue.write(held)
      sent += held.length
      const left = blockMs + (sent * 1000) / rate - waited
      if (left <= 0)
        throw new ConnectionBrokenError('TIMEOUT', 'content', `the remote accepted less than ${rate} octets a second`)
      const startedAt = performance.now()
      await dialogue.drained(Math.min(blockMs, left))
      waited += performance.now() - startedAt
      const interruption = interruptionOf(dialogue)
      if (interruption !== undefined) return interruption
    }
    held = stuffDots(piece, atLineStart)
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
  // The last piece and the dot in one packet: a small message is one write.
  dialogue.cork()
  if (held !== undefined) dialogue.write(held)
  dialogue.write(END, 1)
  dialogue.uncork()
  return undefined
}

/** A second 354 interrupts nothing. */
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

/** Doubles the dot at the beginning of each line; the piece itself when there is none. */
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
