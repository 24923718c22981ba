/** Encodes text as xtext (RFC 3461, 4): printable ASCII except `+` and `=` is unchanged, and every other octet of its UTF-8 form becomes
 * `+XX`. */
export function encodeXtext(text: string): string {
  return [...Buffer.from(text)]
    .map((octet) =>
      octet >= 0x21 && octet <= 0x7e && octet !== 0x2b && octet !== 0x3d
        ? String.fromCharCode(octet)
        : `+${octet.toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('')
}

/** Decodes xtext. An invalid escape is unchanged, as are characters over 127, which RFC 6533, 3 allows in ORCPT. */
export function decodeXtext(text: string): string {
  const octets = Buffer.from(text).toString('latin1')
  const decoded = octets.replace(/\+([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(decoded, 'latin1').toString()
}

/** Whether a text is valid xtext. */
export const isXtext = (text: string): boolean => /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/.test(text)
