/** What a program meant by the octets that it wrote: one kind of line end, and nothing before the header. Independent of the platform's own code. */
export function meant(sent: string): string {
  const isMac = !sent.trimEnd().includes('\n')
  const lines = isMac ? sent.replace(/\r\n?/g, '\n') : sent.replace(/\r+\n/g, '\n')
  const plain = lines
    .replace(/^\xef\xbb\xbf/, '')
    .replace(/^(?:[ \t]*\n|>?From [^\n:]*[^\n]*\n)*/, '')
    .replace(/^[ \t]+/, '')
  const end = plain.indexOf('\n\n')
  // A CR inside a header line is a space.
  const header = end === -1 ? plain : plain.slice(0, end).replaceAll('\r', ' ')
  const all = header + (end === -1 ? '' : plain.slice(end))
  return `${all.replace(/\n$/, '')}\n`.replaceAll('\n', '\r\n')
}

/** How the octets look, for a table. */
export function looks(sent: string): string {
  const kinds = new Set(sent.match(/\r+\n|\n|\r/g) ?? [])
  const named = [...kinds].map((end) => end.replaceAll('\r', 'CR ').replace('\n', 'LF').trim())
  const longest = Math.max(0, ...sent.split(/\r\n|\n|\r/).map((line) => line.length))
  const notes = [
    ...(named.join() === 'CR LF' ? [] : [named.sort().join(' and ')]),
    ...(longest > 998 ? [`a line of ${longest}`] : []),
    ...(/[^\u0000-\u007f]/.test(sent.slice(0, Math.max(0, sent.search(/\r?\n\r?\n/)))) ? ['8-bit header'] : []),
  ]
  return `${sent.length} octets${notes.length > 0 ? `; ${notes.join('; ')}` : ''}`
}
