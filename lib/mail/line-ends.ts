const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const CRLF = Buffer.from('\r\n')

/** Converts all line ends to CRLF, which every server reads alike: differences in what servers regard as a line end allow SMTP smuggling
 * (RFC 5321, 2.3.8). A lone LF is a line end, and so are all CRs before an LF, since programs that convert line ends twice write CR CR
 * LF. Content without an LF, except at its very end, uses the CRs of old Macs. Other CRs stay, for `withoutLoneCr`. The result ends
 * with CRLF, and is the same buffer that was given when nothing changes. */
export function withCrlfEnds(raw: Buffer): { lines: Buffer; hasLoneCr: boolean } {
  if (isCrlfOnly(raw)) return { lines: ended(raw), hasLoneCr: false }
  const lines = ended(converted(raw))
  return { lines, hasLoneCr: count(lines, CR) !== count(lines, LF) }
}

/** Replaces lone CRs. In the header, a lone CR becomes a space, since a line end would create a new field; at the beginning of a line it
 * is removed, since a space would append the line to the field above. In the body it becomes a line end. Requires CRLF line ends, and
 * content that begins with its header. */
export function withoutLoneCr(content: Buffer): Buffer {
  const empty = content.indexOf('\r\n\r\n')
  const body = empty === -1 ? content.length : empty + 2
  const out = Buffer.allocUnsafe(content.length + (count(content, CR) ?? 0))
  let to = 0
  for (let at = 0; at < content.length; at++) {
    const octet = content[at] ?? 0
    if (octet !== CR || content[at + 1] === LF) {
      out[to++] = octet
    } else if (at >= body) {
      out[to++] = CR
      out[to++] = LF
    } else if (to > 0 && out[to - 1] !== LF && content[at + 1] !== CR) {
      out[to++] = SPACE
    }
  }
  return out.subarray(0, to)
}

/** True when CR and LF occur only as pairs: each LF follows a CR, and there are no more CRs than LFs. */
function isCrlfOnly(raw: Buffer): boolean {
  const pairs = count(raw, LF, (at) => at > 0 && raw[at - 1] === CR)
  return pairs !== undefined && count(raw, CR) === pairs
}

const ended = (lines: Buffer): Buffer =>
  lines.length >= 2 && lines[lines.length - 1] === LF && lines[lines.length - 2] === CR
    ? lines
    : Buffer.concat([lines, CRLF])

function converted(raw: Buffer): Buffer {
  const first = raw.indexOf(LF)
  const isMac = first === -1 || first === raw.length - 1
  // Each line end grows by at most one octet.
  const out = Buffer.allocUnsafe(raw.length + (count(raw, CR) ?? 0) + (count(raw, LF) ?? 0))
  let to = 0
  for (let at = 0; at < raw.length; at++) {
    let next = at
    while (raw[next] === CR) next++
    if (raw[next] === LF) {
      out[to++] = CR
      out[to++] = LF
      at = next
    } else if (next === at) {
      out[to++] = raw[at] ?? 0
    } else {
      for (; at < next; at++) {
        out[to++] = CR
        if (isMac) out[to++] = LF
      }
      at--
    }
  }
  return out.subarray(0, to)
}

/** How often an octet occurs; undefined when the condition is false for one of them. */
function count(raw: Buffer, octet: number, condition: (at: number) => boolean = () => true): number | undefined {
  let found = 0
  for (let at = raw.indexOf(octet); at !== -1; at = raw.indexOf(octet, at + 1)) {
    if (!condition(at)) return undefined
    found++
  }
  return found
}
