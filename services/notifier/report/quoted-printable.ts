/** Longest line of RFC 2045, 6.7 (5), its soft break included. */
const LINE = 76

/** Quoted-printable of text with CRLF line ends, one octet a character (latin1). Every line end is kept. */
export function quotedPrintable(octets: string): string {
  return octets.split('\r\n').map(encodeLine).join('\r\n')
}

function encodeLine(line: string): string {
  const encoded = line
    .replace(/[^\t\x20-\x3c\x3e-\x7e]/g, escaped)
    // A blank at the end of a line may be lost on the way: rule 3.
    .replace(/[\t ]$/, escaped)
  if (encoded.length <= LINE) return encoded
  const lines: string[] = []
  let start = 0
  while (encoded.length - start > LINE) {
    let end = start + LINE - 1
    // A break within `=XX` would make two wrong octets of it.
    const escape = encoded.lastIndexOf('=', end - 1)
    if (escape > end - 3) end = escape
    lines.push(`${encoded.slice(start, end)}=`)
    start = end
  }
  lines.push(encoded.slice(start))
  return lines.join('\r\n')
}

const escaped = (octet: string): string => `=${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
