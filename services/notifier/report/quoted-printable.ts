/** Longest line, including its soft line break (RFC 2045, 6.7, rule 5). */
const LINE = 76

/** Encodes text with CRLF line ends as quoted-printable (RFC 2045, 6.7). Each character is one octet (latin1). Line ends are kept. */
export function quotedPrintable(octets: string): string {
  return octets.split('\r\n').map(encodeLine).join('\r\n')
}

function encodeLine(line: string): string {
  const encoded = line
    .replace(/[^\t\x20-\x3c\x3e-\x7e]/g, escaped)
    // Rule 3: white space at the end of a line must be encoded, because it may be removed in transport.
    .replace(/[\t ]$/, escaped)
  if (encoded.length <= LINE) return encoded
  const lines: string[] = []
  let start = 0
  while (encoded.length - start > LINE) {
    let end = start + LINE - 1
    // A line break must not split `=XX`.
    const escape = encoded.lastIndexOf('=', end - 1)
    if (escape > end - 3) end = escape
    lines.push(`${encoded.slice(start, end)}=`)
    start = end
  }
  lines.push(encoded.slice(start))
  return lines.join('\r\n')
}

const escaped = (octet: string): string => `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
