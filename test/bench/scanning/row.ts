/** A line of the table. Times in milliseconds. */
export interface Row {
  what: string
  /** With scanners. */
  reply: string
  without?: number
  with: number
  /** What was promised and is not so. */
  broken?: string
}

/** The code, the status and as much of the text as tells which reply it is; a queue id is another each time. */
export const headOf = (reply: string): string => {
  const text = reply.replace(/queued as \w+/, 'queued').replaceAll('\n', ' ')
  return text.length > 60 ? `${text.slice(0, 57).trimEnd()}...` : text
}
