import { field } from './field.ts'
import { quotedPrintable } from './quoted-printable.ts'
import type { Part } from './returned.ts'

/** A part with text for people, as it is where that is ASCII in short lines, else in quoted-printable. */
export const textPart = (text: string): Part =>
  /[^\r\n\x20-\x7e]|^.{79}/m.test(text)
    ? encodedTextPart(text)
    : { type: 'text/plain; charset=utf-8', encoding: '7bit', body: text }

/** A part with any text, in UTF-8 and quoted-printable. */
export const encodedTextPart = (text: string): Part => ({
  type: 'text/plain; charset=utf-8',
  encoding: 'quoted-printable',
  body: quotedPrintable(Buffer.from(text).toString('latin1')),
})

export const contentFields = ({ type, encoding }: Part): string =>
  field('Content-Type', type) + field('Content-Transfer-Encoding', encoding)
