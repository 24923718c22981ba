import type { Field } from './header-block.ts'

/** The fields of the last resending, by name without `resent-`. */
export interface ResentBlock {
  /** Offset of its first field: what is added to it goes there. */
  start: number
  fields: Map<string, Field>
}

/** The newest block of Resent- fields: the topmost (RFC 5322, 3.6.6). It ends at a field of another kind, or with a name that it
 * has already, where an older one begins; older ones are what others wrote. Resent-Bcc goes and counts for nothing. */
export function newestResent(all: Field[]): ResentBlock | undefined {
  const [first, ...others] = from(all, ({ name }) => name.startsWith('resent-') && name !== 'resent-bcc')
  if (first === undefined) return undefined
  const fields = new Map([[nameIn(first), first]])
  for (const field of others) {
    if (field.name === 'resent-bcc') continue
    if (!field.name.startsWith('resent-') || fields.has(nameIn(field))) break
    fields.set(nameIn(field), field)
  }
  return { start: first.start, fields }
}

const nameIn = ({ name }: Field): string => name.slice('resent-'.length)

function from(fields: Field[], begins: (field: Field) => boolean): Field[] {
  const at = fields.findIndex(begins)
  return at === -1 ? [] : fields.slice(at)
}
