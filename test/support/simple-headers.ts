/** The header fields of a message by their names in lower case, unfolded; of several with one name the first. */
export function simpleHeaders(content: Buffer): Map<string, string> {
  const [head = ''] = content.toString('latin1').split('\r\n\r\n')
  const fields = new Map<string, string>()
  for (const line of head.replace(/\r\n[ \t]/g, ' ').split('\r\n')) {
    const at = line.indexOf(':')
    const name = line.slice(0, at).toLowerCase()
    if (!fields.has(name)) fields.set(name, line.slice(at + 1).trim())
  }
  return fields
}
