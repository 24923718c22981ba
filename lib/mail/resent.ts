import type { HeaderField } from './message.ts'

/** The fields of the most recent resending, by name without `resent-`. */
export interface ResentBlock {
  /** Index of its first field; further fields are added before it. */
  start: number
  fields: Map<string, HeaderField>
}

/** The newest block of Resent- fields, which is the topmost (RFC 5322, 3.6.6). It ends at a field of another kind, or at a name that it
 * already has, where an older block begins. Resent-Bcc is ignored, since it is removed from the message. */
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
