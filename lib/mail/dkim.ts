import { hash, sign as signWith } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { HeaderField, Message } from './message.ts'
import { relaxBody, relaxField } from './relaxed.ts'

export interface DkimKey {
  domain: string
  selector: string
  algorithm: 'rsa-sha256' | 'ed25519-sha256'
  /** A parsed key, since parsing PEM takes longer than an Ed25519 signature. */
  privateKey: KeyObject
}

const signInPool = promisify(signWith)

/** Fields that are signed wherever they occur (RFC 6376, 5.4.1). */
const SIGNED = new Set([
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
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-id',
  'content-description',
  'resent-date',
  'resent-from',
  'resent-sender',
  'resent-to',
  'resent-cc',
  'resent-message-id',
  'list-id',
  'list-help',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'list-subscribe',
  'list-post',
  'list-owner',
  'list-archive',
  'feedback-id',
  'autocrypt',
])
/** Named once more than they occur, so that no further one can be added (RFC 6376, 8.15). */
const OVERSIGNED = ['from', 'to', 'cc', 'subject', 'date', 'message-id', 'reply-to', 'mime-version', 'content-type']

/** Signs a message (CRLF only) with each key, relaxed/relaxed, and resolves with the DKIM-Signature fields to put before it (RFC 6376;
 * Ed25519 as in RFC 8463). `now` is in milliseconds since the epoch. The body is hashed once for all keys. */
export async function signDkim({ fields, body }: Message, keys: DkimKey[], now = Date.now()): Promise<HeaderField[]> {
  if (keys.length === 0) return []
  const bodyHash = hash('sha256', relaxBody(body), 'base64')
  const { names, text } = signedFields(fields)
  const signedNames = foldedList(names)
  return Promise.all(
    keys.map(async (key) => {
      const { domain, selector, algorithm } = key
      const unsigned =
        `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain};\r\n\ts=${selector}; t=${Math.floor(now / 1000)};` +
        `\r\n\tbh=${bodyHash};\r\n\th=${signedNames};\r\n\tb=`
      const signature = await sign(Buffer.from(text + relaxField(unsigned), 'latin1'), key)
      const octets = Buffer.from(`${unsigned}${foldedBase64(signature.toString('base64'))}\r\n`, 'latin1')
      return { name: 'dkim-signature', octets }
    }),
  )
}

function sign(data: Buffer, { algorithm, privateKey }: DkimKey): Buffer | Promise<Buffer> {
  // RSA takes long enough to use another thread; for Ed25519 the hand-over would take longer than the signature.
  return algorithm === 'rsa-sha256'
    ? signInPool('RSA-SHA256', data, privateKey)
    : signWith(null, hash('sha256', data, 'buffer'), privateKey)
}

/** The fields to be signed, in the order in which a verifier reads them: of several with the same name, the lowest first (RFC 6376,
 * 5.4.2). */
function signedFields(fields: readonly HeaderField[]): { names: string[]; text: string } {
  const names: string[] = []
  let text = ''
  for (const { name, octets } of fields.toReversed()) {
    if (!SIGNED.has(name)) continue
    names.push(name)
    text += `${relaxField(octets.toString('latin1'))}\r\n`
  }
  return { names: [...names, ...OVERSIGNED], text }
}

/** White space is allowed around the colons of h= and anywhere in b= (RFC 6376, 3.5). */
const foldedList = (names: string[]): string => names.join(':').replace(/(.{60,}?):/g, '$1:\r\n\t')
const foldedBase64 = (base64: string): string => base64.replace(/(.{72})(?=.)/g, '$1\r\n\t')
