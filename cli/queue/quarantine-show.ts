import type { QuarantineEntry, QuarantineList } from '@postrider/message-log/quarantine'
import { isoSeconds } from '@postrider/time/iso'

/** One line per record, the oldest first. */
export function quarantineLines({ entries, count }: QuarantineList): string[] {
  const lines = entries.map(({ number, note }) => {
    if (note === null) return `${number}  its note cannot be read`
    const from = note.origin === undefined ? '' : `  ${note.origin.stream}/${note.origin.seq}`
    const message = note.id === undefined ? '' : `  message ${note.id}`
    return printable(`${number}  ${isoSeconds(note.at)}  ${note.kind}${from}${message}  ${note.reason}`)
  })
  return [...lines, `${count} in the quarantine`]
}

/** What is known about a record, and its first octets. */
export function entryLines({ number, note }: QuarantineEntry, text: string): string[] {
  const known =
    note === null
      ? ['  its note cannot be read']
      : [
          `  kind        ${note.kind}`,
          `  reason      ${note.reason}`,
          `  since       ${isoSeconds(note.at)}`,
          ...(note.origin === undefined ? [] : [`  from        ${note.origin.stream}, sequence ${note.origin.seq}`]),
          ...(note.deliveries === undefined ? [] : [`  deliveries  ${note.deliveries}`]),
          ...(note.id === undefined ? [] : [`  message     ${note.id}`]),
          `  size        ${note.bytes} octets`,
          ...(note.headers ? ['', ...note.headers.split('\n')] : []),
        ]
  return [`record ${number}`, ...known, '', ...text.split(/\r?\n/)].map(printable)
}

/** A record must not control the terminal. */
const printable = (line: string): string =>
  line.replaceAll(/[\p{Cc}\p{Cf}]/gu, (found) => (found === '\t' ? '\t' : '?'))
