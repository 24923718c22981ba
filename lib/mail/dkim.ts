import { createHash, sign as signWith } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { readHeaderBlock } from './header-block.ts'
import type { HeaderBlock } from './header-block.ts'

export interface DkimKey {
  domain: string
  selector: string
  algorithm: 'rsa-sha256' | 'ed25519-sha256'
  privateKey: KeyObject
}

const sign = promisify(signWith)

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
/** Named once more than they occur, so that nobody can add another one (RFC 6376, 8.15). */
const OVERSIGNED = ['from', 'to', 'cc', 'subject', 'date', 'message-id', 'reply-to', 'mime-version', 'content-type']

/** Signs normalised content (CRLF only) with each key, relaxed/relaxed, and resolves with the DKIM-Signature fields to put
 * before it (RFC 6376; Ed25519 by RFC 8463). RSA runs on the thread pool. */
export async function signDkim(content: Buffer, keys: DkimKey[], now = Date.now()): Promise<Buffer> {
  if (keys.length === 0) return Buffer.alloc(0)
  const block = readHeaderBlock(content)
  const bodyHash = hashBody(content, block)
  const { names, text } = signedHeaders(content, block)
  const fields = await Promise.all(
    keys.map(async ({ domain, selector, algorithm, privateKey }) => {
      const field =
        `DKIM-Signature: v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain};\r\n\ts=${selector}; t=${Math.floor(now / 1000)};` +
        ` bh=${bodyHash};\r\n\th=${fold(names)};\r\n\tb=`
      const data = Buffer.from(text + relaxField(field), 'latin1')
      const signature =
        algorithm === 'rsa-sha256'
          ? await sign('RSA-SHA256', data, privateKey)
          : await sign(null, createHash('sha256').update(data).digest(), privateKey)
      return `${field}${foldSignature(signature.toString('base64'))}\r\n`
    }),
  )
  return Buffer.from(fields.join(''), 'latin1')
}

/** RFC 6376, 3.4.4: white space runs become one space, none at line ends, no empty lines at the end. */
function hashBody(content: Buffer, { end, separated }: HeaderBlock): string {
  const body = content.toString('latin1', separated ? Math.min(end + 2, content.length) : end)
  let relaxed = body
  if (/[\t ]/.test(body)) relaxed = body.replace(/[\t ]+/g, ' ').replaceAll(' \r\n', '\r\n')
  let length = relaxed.length
  while (relaxed.endsWith('\r\n', length) && (length === 2 || relaxed.endsWith('\r\n', length - 2))) length -= 2
  return createHash('sha256').update(relaxed.slice(0, length), 'latin1').digest('base64')
}

/** The fields to be signed as the verifier will take them: of several with one name the lowest first (RFC 6376, 5.4.2). */
function signedHeaders(content: Buffer, { fields }: HeaderBlock): { names: string[]; text: string } {
  const names: string[] = []
  let text = ''
  for (const field of [...fields].reverse()) {
    if (!SIGNED.has(field.name)) continue
    names.push(field.name)
    text += `${relaxField(content.toString('latin1', field.start, field.end))}\r\n`
  }
  return { names: [...names, ...OVERSIGNED], text }
}

/** RFC 6376, 3.4.2. */
function relaxField(field: string): string {
  const colon = field.indexOf(':')
  const value = field
    .slice(colon + 1)
    .replaceAll('\r\n', '')
    .replace(/[\t ]+/g, ' ')
    .trim()
  return `${field.slice(0, colon).trim().toLowerCase()}:${value}`
}

const fold = (names: string[]): string => names.join(':').replace(/(.{60,}?):/g, '$1:\r\n\t')
const foldSignature = (base64: string): string => base64.replace(/(.{72})(?=.)/g, '$1\r\n\t')
