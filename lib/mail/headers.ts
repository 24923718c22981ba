import { addressesOf } from './mailbox.ts'
import { fieldValue, readHeaderBlock } from './header-block.ts'
import type { Field } from './header-block.ts'
import type { Recipient } from './envelope.ts'
import { ContentRefused } from './refused.ts'

export interface FixUpOptions {
  /** Queue id. */
  id: string
  hostName: string
  /** Milliseconds since the epoch. */
  now: number
  /** ESMTPSA and the like (RFC 3848). */
  protocol: string
  recipients: Recipient[]
}

export interface FixedContent {
  content: Buffer
  /** With its angle brackets. */
  messageId: string
  /** Addresses in From, as they came. */
  from: string[]
}

/** RFC 5322, 3.6: at most one of each. A second one is shown by some clients and checked by none. */
const ONCE = new Set(['from', 'sender', 'reply-to', 'to', 'cc', 'subject', 'date', 'message-id'])
const REMOVED = new Set(['bcc', 'resent-bcc', 'return-path'])
/** RFC 5321, 6.3 asks for at least 100 to be let through. */
const MOST_HOPS = 100

/** What RFC 6409, 8 lets a submission server change: Date and Message-ID where they are missing, Bcc away; and the trace field
 * that RFC 5321, 4.4 asks for, without the client's address. Every other octet stays as it is.
 * Throws ContentRefused for headers that no server should pass on. */
export function fixUpHeaders(content: Buffer, options: FixUpOptions): FixedContent {
  const block = readHeaderBlock(content)
  const byName = new Map<string, Field[]>()
  for (const field of block.fields) {
    const same = byName.get(field.name)
    if (same === undefined) byName.set(field.name, [field])
    else same.push(field)
  }
  check(byName)
  const given = byName.get('message-id')?.[0]
  const givenId = given && fieldValue(content, given)
  const messageId = givenId || `<${options.id}@${options.hostName}>`
  const added = [receivedField(options)]
  if (!byName.has('date')) added.push(`Date: ${rfc5322Date(options.now)}\r\n`)
  if (!byName.has('message-id')) added.push(`Message-ID: ${messageId}\r\n`)
  const from = (byName.get('from') ?? []).flatMap((field) => addressesOf(fieldValue(content, field)))
  return { content: assemble(content, block, added), messageId, from }
}

function check(byName: Map<string, Field[]>): void {
  if (!byName.has('from')) throw new ContentRefused(550, '5.6.0', 'the message has no From field; add one')
  for (const [name, fields] of byName) {
    if (ONCE.has(name) && fields.length > 1) {
      throw new ContentRefused(
        550,
        '5.6.0',
        `the message has ${fields.length} ${name} fields; there may be one (RFC 5322, 3.6)`,
      )
    }
  }
  if ((byName.get('received')?.length ?? 0) > MOST_HOPS) {
    throw new ContentRefused(554, '5.4.6', `the message has passed more than ${MOST_HOPS} servers; it goes in a loop`)
  }
}

function assemble(
  content: Buffer,
  { fields, end, separated }: ReturnType<typeof readHeaderBlock>,
  added: string[],
): Buffer {
  const pieces: Buffer[] = [Buffer.from(added.join(''))]
  let from = 0
  for (const field of fields) {
    if (!REMOVED.has(field.name)) continue
    pieces.push(content.subarray(from, field.start))
    from = field.end
  }
  pieces.push(content.subarray(from, end))
  if (!separated) pieces.push(Buffer.from('\r\n'))
  pieces.push(end === content.length && separated ? Buffer.from('\r\n') : content.subarray(end))
  return Buffer.concat(pieces)
}

/** The client's address stays out: what a user's device is called and where it is concerns no recipient. */
function receivedField({ id, hostName, now, protocol, recipients }: FixUpOptions): string {
  // With several recipients, `for` would tell one of another.
  const only = recipients.length === 1 ? `\r\n\tfor <${recipients[0]?.address ?? ''}>` : ''
  return `Received: by ${hostName} (Postrider) with ${protocol} id ${id}${only};\r\n\t${rfc5322Date(now)}\r\n`
}

/** RFC 5322, 3.3, in UTC. */
export function rfc5322Date(at: number): string {
  return new Date(at).toUTCString().replace('GMT', '+0000')
}
