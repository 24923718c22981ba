import { isAscii } from 'node:buffer'
import { needsUtf8 } from './address.ts'
import { applyEdits } from './edits.ts'
import type { Edit } from './edits.ts'
import { addressesOf } from './mailbox.ts'
import { MAX_HEADER, fieldValue, readHeaderBlock } from './header-block.ts'
import type { Field, HeaderBlock } from './header-block.ts'
import { ContentRefused, headerTooLong } from './refused.ts'
import { newestResent } from './resent.ts'
import { senderFate } from './sender-field.ts'
import type { Submitting } from './sender-field.ts'
import { receivedField, rfc5322Date } from './trace.ts'
import type { Trace } from './trace.ts'

export interface FixedContent {
  content: Buffer
  /** With its angle brackets. */
  messageId: string
  from: FromField
  /** The newest Resent-From; without addresses when its block has none, absent when nothing was resent. */
  resentFrom?: FromField
  /** An address in the header can be named only with SMTPUTF8 (RFC 6531, 3.3). */
  utf8: boolean
  /** The header holds octets over 127. */
  utf8Text: boolean
}

/** A From or Resent-From field. */
export interface FromField {
  /** Unfolded. */
  body: string
  /** As they came; what cannot be read is no address (mailbox.ts). */
  addresses: string[]
}

/** RFC 5322, 3.6: at most one of each. A second one is shown by some clients and checked by none. */
const ONCE = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'subject',
  'date',
  'message-id',
  'in-reply-to',
  'references',
])
/** Those that hold several addresses. */
const LISTS = new Set(['from', 'reply-to', 'to', 'cc'])
const REMOVED = new Set(['bcc', 'resent-bcc', 'return-path'])
/** Postfix's hopcount_limit. RFC 5321, 6.3 asks relays for 100; a submitted message has rarely passed any. */
const MOST_HOPS = 50

/** What is known of a message beside its content. */
export interface FixOptions extends Trace {
  submitting: Submitting
}

const ADDRESS_FIELDS = new Set(['from', 'sender', 'reply-to', 'to', 'cc'].flatMap((name) => [name, `resent-${name}`]))

const namesUtf8 = (content: Buffer, field: Field): boolean =>
  ADDRESS_FIELDS.has(field.name) && addressesOf(fieldValue(content, field)).some(needsUtf8)

/** What RFC 6409, 8 lets a submission server change: Date and Message-ID where they are missing or empty, in the newest block of
 * Resent- fields likewise; Bcc away; Sender as sender-field.ts says; and the trace field that RFC 5321, 4.4 asks for, without
 * the client's address. Every other octet stays as it is. A line that is not a field begins the body, as with Postfix: a blank
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
  check(byName, block, content)
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
  const utf8Text = !isAscii(content.subarray(0, block.end))
  return {
    content: applyEdits(content, edits),
    messageId: message.messageId,
    from: message.from,
    ...(again === undefined ? {} : { resentFrom: again.from }),
    utf8: utf8Text && block.fields.some((field) => namesUtf8(content, field)),
    utf8Text,
  }
}

/** Who wrote or resent a message, when, and by what name: the fields that are made complete. */
function fixIdentity(
  content: Buffer,
  prefix: '' | 'Resent-',
  start: number,
  field: (name: string) => Field | undefined,
  { id, hostName, now, submitting }: FixOptions,
): { edits: Edit[]; from: FromField; messageId: string } {
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
  const body = value('from') ?? ''
  const from = addressesOf(body)
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
  return { edits, from: { body, addresses: from }, messageId }
}

function check(byName: Map<string, Field[]>, { end, separated }: HeaderBlock, content: Buffer): void {
  if (end > MAX_HEADER) throw headerTooLong()
  if (!byName.has('from')) {
    const text = separated
      ? 'the message has no From field; add one'
      : `the header ends at the line "${lineAt(content, end)}", which is not a header field; remove that line, or put the From field before it`
    throw new ContentRefused(550, '5.6.0', text)
  }
  for (const [name, fields] of byName) {
    if (ONCE.has(name) && fields.length > 1) {
      throw new ContentRefused(
        550,
        '5.6.0',
        `the message has ${fields.length} ${titleOf(name)} fields, but only one is allowed${LISTS.has(name) ? '; put all addresses into one' : ''}`,
      )
    }
  }
  if ((byName.get('received')?.length ?? 0) > MOST_HOPS) {
    throw new ContentRefused(554, '5.4.6', `the message has passed more than ${MOST_HOPS} servers; it goes in a loop`)
  }
}

/** The beginning of a line, to be quoted. */
const lineAt = (content: Buffer, start: number): string =>
  content
    .toString('utf8', start, start + 60)
    .replace(/[\r\n][^]*$/, '')
    .replace(/[\u0000-\u001f\u007f"]/g, '?')

/** `message-id` as it is usually written. */
const titleOf = (name: string): string =>
  name === 'message-id' ? 'Message-ID' : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** The id that the log and notices name: the first one in the field, else the beginning of what stands there. */
function shortId(value: string): string {
  return /<[^<>\s]{1,300}>/.exec(value)?.[0] ?? value.slice(0, 300)
}
