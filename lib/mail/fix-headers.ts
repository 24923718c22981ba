import { isAscii } from 'node:buffer'
import { needsUtf8 } from './address.ts'
import { MAX_HEADER } from './header-block.ts'
import { addressesOf } from './mailbox.ts'
import { headerBytes, newField, valueOf } from './message.ts'
import type { HeaderField, Message, ParsedMessage } from './message.ts'
import { ContentRefusedError, headerTooLong } from './refused.ts'
import { newestResent } from './resent.ts'
import { senderFate } from './sender-field.ts'
import type { Submitting } from './sender-field.ts'
import { receivedBody, rfc5322Date } from './trace.ts'
import type { Trace } from './trace.ts'

export interface FixedMessage {
  message: Message
  /** With its angle brackets, at most 300 characters. */
  messageId: string
  from: FromField
  /** The newest Resent-From; without addresses when its block has no such field, absent when the message was not resent. */
  resentFrom?: FromField
  /** An address in the header can be named only with SMTPUTF8 (RFC 6531, 3.3). */
  utf8: boolean
  /** The header has octets over 127. */
  utf8Text: boolean
}

/** A From or Resent-From field. */
export interface FromField {
  /** Unfolded. */
  body: string
  /** As written; a part that cannot be parsed is not a valid address (mailbox.ts). */
  addresses: string[]
}

/** Fields that may occur only once (RFC 5322, 3.6). Some clients show a second one, which is not checked by anything. */
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
/** Fields with several addresses. */
const LISTS = new Set(['from', 'reply-to', 'to', 'cc'])
const REMOVED = new Set(['bcc', 'resent-bcc', 'return-path'])
/** As Postfix's hopcount_limit. RFC 5321, 6.3 recommends at least 100 for relays; a submitted message has rarely passed any server. */
const MAX_HOPS = 50

/** What is known about a message apart from its content. */
export interface FixOptions extends Trace {
  submitting: Submitting
}

const ADDRESS_FIELDS = new Set(['from', 'sender', 'reply-to', 'to', 'cc'].flatMap((name) => [name, `resent-${name}`]))

const namesUtf8 = (field: HeaderField): boolean =>
  ADDRESS_FIELDS.has(field.name) && addressesOf(valueOf(field)).some(needsUtf8)

/** Makes the changes that RFC 6409, 8 allows a submission server: adds Date and Message-ID where they are missing or empty, also in the
 * newest block of Resent- fields; removes Bcc; treats Sender as sender-field.ts describes; and adds the trace field that RFC 5321, 4.4
 * requires, without the client's address. Every other octet is unchanged. Throws ContentRefusedError for headers that no server should
 * pass on. */
export function fixHeaders(given: ParsedMessage, options: FixOptions): FixedMessage {
  const { fields, body } = given
  const byName = Map.groupBy(fields, ({ name }) => name)
  check(byName, given)
  const first = (name: string): HeaderField | undefined => byName.get(name)?.[0]
  const identity = fixIdentity('', first, options)
  const resent = newestResent(fields)
  const again = resent && fixIdentity('Resent-', (name) => resent.fields.get(name), options)
  const gone = new Set([
    ...identity.removed,
    ...(again?.removed ?? []),
    ...fields.filter(({ name }) => REMOVED.has(name)),
  ])
  const kept = (part: readonly HeaderField[]): HeaderField[] => part.filter((field) => !gone.has(field))
  const resentAt = resent?.start ?? fields.length
  const utf8Text = !fields.every(({ octets }) => isAscii(octets))
  return {
    message: {
      fields: [
        newField('Received', receivedBody(options)),
        ...identity.added,
        ...kept(fields.slice(0, resentAt)),
        ...(again?.added ?? []),
        ...kept(fields.slice(resentAt)),
      ],
      body,
    },
    messageId: identity.messageId,
    from: identity.from,
    ...(again === undefined ? {} : { resentFrom: again.from }),
    utf8: utf8Text && fields.some(namesUtf8),
    utf8Text,
  }
}

/** The changes to the fields that say who wrote or resent a message, when, and with which id. */
interface Identity {
  added: HeaderField[]
  removed: HeaderField[]
  from: FromField
  messageId: string
}

function fixIdentity(
  prefix: '' | 'Resent-',
  field: (name: string) => HeaderField | undefined,
  { id, hostName, now, submitting }: FixOptions,
): Identity {
  const added: HeaderField[] = []
  const removed: HeaderField[] = []
  const value = (name: string): string | undefined => {
    const given = field(name)
    return given === undefined ? undefined : valueOf(given)
  }
  const remove = (name: string): void => {
    const given = field(name)
    if (given !== undefined) removed.push(given)
  }
  const add = (name: string, body: string): void => void added.unshift(newField(`${prefix}${name}`, body))
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
  return { added, removed, from: { body, addresses: from }, messageId }
}

function check(byName: Map<string, HeaderField[]>, message: ParsedMessage): void {
  if (headerBytes(message) > MAX_HEADER) throw headerTooLong()
  if (!byName.has('from')) {
    const text = message.separated
      ? 'the message has no From field; add one'
      : `the header ends at the line "${firstLine(message.body)}", which is not a header field; remove that line, or put the From field before it`
    throw new ContentRefusedError(550, '5.6.0', text)
  }
  for (const [name, fields] of byName) {
    if (ONCE.has(name) && fields.length > 1) {
      throw new ContentRefusedError(
        550,
        '5.6.0',
        `the message has ${fields.length} ${titleOf(name)} fields, but only one is allowed${LISTS.has(name) ? '; put all addresses into one' : ''}`,
      )
    }
  }
  if ((byName.get('received')?.length ?? 0) > MAX_HOPS) {
    throw new ContentRefusedError(
      554,
      '5.4.6',
      `the message has passed through more than ${MAX_HOPS} servers; it is probably looping`,
    )
  }
}

/** The beginning of the first line, for quoting in a reply. */
const firstLine = (body: Buffer): string =>
  body
    .toString('utf8', 0, 60)
    .replace(/[\r\n][^]*$/, '')
    .replace(/[\u0000-\u001f\u007f"]/g, '?')

/** A field's name in its usual spelling. */
const titleOf = (name: string): string =>
  name === 'message-id' ? 'Message-ID' : name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())

/** The id for the log and for notices: the first one in the field, or otherwise the beginning of its value. */
function shortId(value: string): string {
  return /<[^<>\s]{1,300}>/.exec(value)?.[0] ?? value.slice(0, 300)
}
