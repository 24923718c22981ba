import type { HeaderField } from './message.ts'

/** The fields of the last resending, by name without `resent-`. */
export interface ResentBlock {
  /** Index of its first field: what is added to it goes before that. */
  start: number
  fields: Map<string, HeaderField>
}

/** The newest block of Resent- fields: the topmost (RFC 5322, 3.6.6). It ends at a field of another kind, or with a name that it
 * has already, where an older one begins; older ones are what others wrote. Resent-Bcc goes and counts for nothing. */
export function newestResent(all: readonly HeaderField[]): ResentBlock | undefined {
  const start = all.findIndex(({ name }) => name.startsWith('resent-') && name !== 'resent-bcc')
  if (start === -1) return undefined
  const fields = new Map<string, HeaderField>()
  for (const field of all.slice(start)) {
    if (field.name === 'resent-bcc') continue
    if (!field.name.startsWith('resent-') || fields.has(nameIn(field))) break
    fields.set(nameIn(field), field)
  }
  return { start, fields }
}

const nameIn = ({ name }: HeaderField): string => name.slice('resent-'.length)
