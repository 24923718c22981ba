import type { Dialogue } from './socket.ts'

const DOT = 0x2e
const LF = 0x0a
const END = Buffer.from('.\r\n')

/** Writes a content and the final dot, lines that begin with a dot doubled (RFC 5321, 4.5.2). The content is in the platform's
 * normal form: CRLF line ends throughout and at the end. `blockMs` bounds how long the remote may take nothing in. */
export async function sendContent(
  dialogue: Dialogue,
  content: AsyncIterable<Buffer> | Buffer,
  blockMs: number,
): Promise<void> {
  if (Buffer.isBuffer(content)) {
    dialogue.cork()
    dialogue.write(stuffDots(content, true))
    dialogue.write(END)
    dialogue.uncork()
    return dialogue.drained(blockMs)
  }
  let atLineStart = true
  for await (const piece of content) {
    if (piece.length === 0) continue
    dialogue.write(stuffDots(piece, atLineStart))
    atLineStart = piece[piece.length - 1] === LF
    await dialogue.drained(blockMs)
  }
  dialogue.write(END)
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
