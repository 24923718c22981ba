/** xtext of RFC 3461, 4: printable ASCII but `+` and `=`, everything else as `+XX`. */
export function encodeXtext(text: string): string {
  return [...Buffer.from(text)]
    .map((octet) =>
      octet >= 0x21 && octet <= 0x7e && octet !== 0x2b && octet !== 0x3d
        ? String.fromCharCode(octet)
        : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

/** The reverse; what is no valid escape stays as it is. */
export function decodeXtext(text: string): string {
  const octets = text.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1').toString()
}
