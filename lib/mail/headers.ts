import { isAscii } from 'node:buffer'
import { applyEdits } from './edits.ts'
import type { Edit } from './edits.ts'
import { addressesOf } from './mailbox.ts'
import { fieldValue, readHeaderBlock } from './header-block.ts'
import type { Field, HeaderBlock } from './header-block.ts'
import { ContentRefused } from './refused.ts'
import { newestResent } from './resent.ts'
import { senderFate } from './sender-field.ts'
import type { Submitting } from './sender-field.ts'
import { receivedField, rfc5322Date } from './trace.ts'
import type { Trace } from './trace.ts'

export interface FixedContent {
  content: Buffer
  /** With its angle brackets. */
  messageId: string
  /** Addresses in From, as they came. */
  from: string[]
  /** Addresses in the newest Resent-From, as they came; empty when its block has none, absent when nothing was resent. */
  resentFrom?: string[]
  /** The header holds octets over 127 (RFC 6532). */
  utf8: boolean
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

/** What is known of a message beside its content. */
export interface FixOptions extends Trace {
  submitting: Submitting
}

/** What RFC 6409, 8 lets a submission server change: Date and Message-ID where they are missing or empty, in the newest block of
 * Resent- fields likewise; Bcc away; Sender as sender-field.ts says; and the trace field that RFC 5321, 4.4 asks for, without
 * the client's address. Every other octet stays as it is. A line that is no field begins the body, as with Postfix: a blank
 * line is put before it.
 * Throws ContentRefused for headers that no server should pass on. */
export function fixUpHeaders(content: Buffer, options: FixOptions): FixedContent {
  const block = readHeaderBlock(content)
  const byName = new Map<string, Field[]>()
  for (const field of block.fields) {
    const same = byName.get(field.name)
    if (same === undefined) byName.set(field.name, [field])
    else same.push(field)
  }
  check(byName, block)
  const first = (name: string): Field | undefined => byName.get(name)?.[0]
  const message = fixIdentity(content, '', 0, first, options)
  const resent = newestResent(block.fields)
  const again = resent && fixIdentity(content, 'Resent-', resent.start, (name) => resent.fields.get(name), options)
  const edits: Edit[] = [
    { start: 0, end: 0, text: receivedField(options) },
    ...message.edits,
    ...(again?.edits ?? []),
    ...block.fields.filter(({ name }) => REMOVED.has(name)).map(({ start, end }) => ({ start, end, text: '' })),
  ]
  if (!block.separated || block.end === content.length) edits.push({ start: block.end, end: block.end, text: '\r\n' })
  return {
    content: applyEdits(content, edits),
    messageId: message.messageId,
    from: message.from,
    ...(again === undefined ? {} : { resentFrom: again.from }),
    utf8: !isAscii(content.subarray(0, block.end)),
  }
}

/** Who wrote or resent a message, when, and by what name: the fields that are made complete. */
function fixIdentity(
  content: Buffer,
  prefix: '' | 'Resent-',
  start: number,
  field: (name: string) => Field | undefined,
  { id, hostName, now, submitting }: FixOptions,
): { edits: Edit[]; from: string[]; messageId: string } {
  const edits: Edit[] = []
  const value = (name: string): string | undefined => {
    const given = field(name)
    return given === undefined ? undefined : fieldValue(content, given)
  }
  const remove = (name: string): void => {
    const given = field(name)
    if (given !== undefined) edits.push({ start: given.start, end: given.end, text: '' })
  }
  const add = (name: string, body: string): void => {
    edits.unshift({ start, end: start, text: `${prefix}${name}: ${body}\r\n` })
  }
  const from = addressesOf(value('from') ?? '')
  const fate = senderFate(value('sender'), from, submitting)
  if (fate !== 'stays') remove('sender')
  if (fate === 'is set') add('Sender', submitting.login)
  const givenId = value('message-id') ?? ''
  const messageId = givenId === '' ? `<${prefix === '' ? '' : 'resent.'}${id}@${hostName}>` : shortId(givenId)
  if (givenId === '') {
    remove('message-id')
    add('Message-ID', messageId)
  }
  if ((value('date') ?? '') === '') {
    remove('date')
    add('Date', rfc5322Date(now))
  }
  return { edits, from, messageId }
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
