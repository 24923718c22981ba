import { addressesOf } from './mailbox.ts'
import { fieldValue, readHeaderBlock } from './header-block.ts'
import type { Field, HeaderBlock } from './header-block.ts'
import { ContentRefused } from './refused.ts'
import { receivedField, rfc5322Date } from './trace.ts'
import type { Trace } from './trace.ts'

export interface FixedContent {
  content: Buffer
  /** With its angle brackets. */
  messageId: string
  /** Addresses in From, as they came. */
  from: string[]
  /** Addresses in Sender, as they came; empty when there is no such field. */
  sender: string[]
}

/** RFC 5322, 3.6: at most one of each. A second one is shown by some clients and checked by none. */
const ONCE = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
])
const REMOVED = new Set(['bcc', 'resent-bcc', 'return-path'])
/** Postfix's hopcount_limit. RFC 5321, 6.3 asks relays for 100; a submitted message has rarely passed any. */
const MOST_HOPS = 50
/** What fields are signed is read several times over, and lists of addresses need not be longer. Octets. */
const LONGEST_BLOCK = 512 * 1024

/** What RFC 6409, 8 lets a submission server change: Date and Message-ID where they are missing or empty, Bcc away; and the
 * trace field that RFC 5321, 4.4 asks for, without the client's address. Every other octet stays as it is. A line that is no
 * field begins the body, as with Postfix: a blank line is put before it.
 * Throws ContentRefused for headers that no server should pass on. */
export function fixUpHeaders(content: Buffer, options: Trace): FixedContent {
  const block = readHeaderBlock(content)
  const byName = new Map<string, Field[]>()
  for (const field of block.fields) {
    const same = byName.get(field.name)
    if (same === undefined) byName.set(field.name, [field])
    else same.push(field)
  }
  check(byName, block)
  const value = (name: string): string => {
    const field = byName.get(name)?.[0]
    return field === undefined ? '' : fieldValue(content, field)
  }
  const givenId = value('message-id')
  const messageId = givenId === '' ? `<${options.id}@${options.hostName}>` : shortId(givenId)
  const added = [receivedField(options)]
  const removed = new Set(REMOVED)
  if (value('date') === '') {
    added.push(`Date: ${rfc5322Date(options.now)}\r\n`)
    removed.add('date')
  }
  if (givenId === '') {
    added.push(`Message-ID: ${messageId}\r\n`)
    removed.add('message-id')
  }
  return {
    content: assemble(content, block, added.join(''), removed),
    messageId,
    from: addressesOf(value('from')),
    sender: addressesOf(value('sender')),
  }
}

function check(byName: Map<string, Field[]>, { end, separated }: HeaderBlock): void {
  if (end > LONGEST_BLOCK) {
    throw new ContentRefused(552, '5.3.4', `the header is longer than ${LONGEST_BLOCK} octets; shorten it`)
  }
  if (!byName.has('from')) {
    const where = separated ? '' : ' before the first line that is no header field'
    throw new ContentRefused(550, '5.6.0', `the message has no From field${where}; add one`)
  }
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

/** The id that the log and notices name: the first one in the field, else the beginning of what stands there. */
function shortId(value: string): string {
  return /<[^<>\s]{1,300}>/.exec(value)?.[0] ?? value.slice(0, 300)
}

function assemble(
  content: Buffer,
  { fields, end, separated }: HeaderBlock,
  added: string,
  removed: Set<string>,
): Buffer {
  const pieces: Buffer[] = [Buffer.from(added)]
  let from = 0
  for (const field of fields) {
    if (!removed.has(field.name)) continue
    pieces.push(content.subarray(from, field.start))
    from = field.end
  }
  const blankLineFollows = separated && end < content.length
  if (blankLineFollows) pieces.push(content.subarray(from))
  else pieces.push(content.subarray(from, end), Buffer.from('\r\n'), content.subarray(end))
  return Buffer.concat(pieces)
}
