const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const CRLF = Buffer.from('\r\n')

/** Gives content the one kind of line end that every server reads alike: how some servers end a line where others do not is how messages
 * are smuggled inside others (RFC 5321, 2.3.8). The result ends with CRLF, and is the very buffer that was given when nothing changes.
 *
 * All CRs before a LF are one line end with it: programs that convert line ends twice write CR CR LF. A CR that stands alone is a space in
 * the header, where a new line would be a new field; in the body it is a line end, as on old Macs. A LF alone is a line end. */
export function withCrlfOnly(raw: Buffer): Buffer {
  return isCrlfOnly(raw) ? ended(raw) : ended(converted(raw))
}

/** True when CR and LF occur only as pairs: each LF follows a CR, and there are no more CRs than LFs. */
function isCrlfOnly(raw: Buffer): boolean {
  const pairs = count(raw, LF, (at) => at > 0 && raw[at - 1] === CR)
  return pairs !== undefined && count(raw, CR) === pairs
}

const ended = (lines: Buffer): Buffer =>
  lines.length >= 2 && lines[lines.length - 1] === LF ? lines : Buffer.concat([lines, CRLF])

function converted(raw: Buffer): Buffer {
  // Each end of a line takes at most one octet more than it did.
  const out = Buffer.allocUnsafe(raw.length + (count(raw, CR) ?? 0) + (count(raw, LF) ?? 0))
  // Old Macs end the lines of the header with CR as well.
  let inHeader = raw.indexOf(LF) < raw.length - 1 && raw.includes(LF)
  let to = 0
  let lineStart = 0
  const endLine = (): void => {
    if (to === lineStart) inHeader = false
    out[to++] = CR
    out[to++] = LF
    lineStart = to
  }
  for (let at = 0; at < raw.length; at++) {
    const octet = raw[at] ?? 0
    if (octet === LF) {
      endLine()
    } else if (octet === CR) {
      const first = at
      let next = at
      while (raw[next] === CR) next++
      const alone = raw[next] !== LF
      at = alone ? next - 1 : next
      if (!alone) endLine()
      else if (!inHeader) for (let mac = first; mac < next; mac++) endLine()
      // At the beginning of a line it would make it a part of the field above.
      else if (to > lineStart) out[to++] = SPACE
    } else {
      out[to++] = octet
    }
  }
  return out.subarray(0, to)
}

/** How often an octet occurs; undefined when one of them does not hold what is asked. */
function count(raw: Buffer, octet: number, holds: (at: number) => boolean = () => true): number | undefined {
  let found = 0
  for (let at = raw.indexOf(octet); at !== -1; at = raw.indexOf(octet, at + 1)) {
    if (!holds(at)) return undefined
    found++
  }
  return found
}
