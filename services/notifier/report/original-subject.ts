import { fieldValue, readHeaderBlock } from '@postrider/mail/header-block'
import { oneLine } from './field.ts'
import type { Returned } from './returned.ts'

/** Characters of a subject that are shown. */
const MAX_SUBJECT = 200

/** The decoded subject of the message; undefined if it has none, or its headers are no longer stored. */
export function originalSubject(returned: Returned): string | undefined {
  const content = 'full' in returned ? returned.full : returned.headers
  const subject = readHeaderBlock(content).fields.find(({ name }) => name === 'subject')
  if (subject === undefined) return undefined
  const text = oneLine(decodedWords(fieldValue(content, subject)))
  if (text === '') return undefined
  return text.length > MAX_SUBJECT ? `${text.slice(0, MAX_SUBJECT)}...` : text
}

/** Decodes encoded words (RFC 2047, 2). White space between two encoded words is removed (6.2), and a word that cannot be decoded is kept.
 * */
const decodedWords = (text: string): string =>
  text.replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?[^?\s]*\?=)/gi, '$1').replace(WORD, decodedWord)

const WORD = /=\?([^?\s*]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi

function decodedWord(word: string, charset: string, encoding: string, text: string): string {
  const octets = encoding.toLowerCase() === 'b' ? Buffer.from(text, 'base64') : fromQ(text)
  try {
    return new TextDecoder(charset).decode(octets)
  } catch {
    // The character set is not supported.
    return word
  }
}

const fromQ = (text: string): Buffer =>
  Buffer.from(
    text
      .replaceAll('_', ' ')
      .replace(/=([0-9a-f]{2})/gi, (_, octet: string) => String.fromCharCode(Number.parseInt(octet, 16))),
    'latin1',
  )
