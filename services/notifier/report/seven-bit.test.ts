import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { quotedPrintable } from './quoted-printable.ts'
import { isSevenBit, sevenBitMessage } from './seven-bit.ts'
import { header, noPython, parseAll, parseOne } from '../../../test/support/report/python-email.ts'

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')
const parsed = (message: string) => parseOne(Buffer.from(message, 'latin1'))

test('a 7-bit message is returned unchanged', () => {
  const message =
    'Subject: a\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\npreamble\r\n--x\r\n\r\na\r\n--x--\r\nepilogue'
  assert.equal(sevenBitMessage(message), message)
})

test('an 8-bit text is encoded, and decodes to the same text', { skip: noPython }, () => {
  const body = 'Grüße = €\r\nblank at the end \r\n'
  const message = latin1(
    `Subject: a\r\nContent-Transfer-Encoding:\r\n 8bit\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${body}`,
  )
  const encoded = sevenBitMessage(message) ?? ''
  assert.ok(isSevenBit(encoded))
  const read = parsed(encoded)
  assert.equal(read.text, latin1(body))
  assert.deepEqual(
    read.headers.map(([name]) => name),
    ['MIME-Version', 'Subject', 'Content-Type', 'Content-Transfer-Encoding'],
  )
})

test('nested parts are encoded one by one, and 7-bit parts are not changed', { skip: noPython }, () => {
  const lines = [
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="a b"',
    'Content-Transfer-Encoding: 8bit',
    '',
    'préamble',
    '--a b',
    'Content-Type: multipart/alternative;',
    ' boundary=inner',
    '',
    '--inner',
    '',
    'plain',
    '--inner',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>é</p>',
    '--inner--',
    '--a b',
    'Content-Type: application/octet-stream',
    'Content-Transfer-Encoding: 8bit',
    '',
    'octets ÿ',
    '--a b',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Subject: forwarded',
    '',
    'ça va',
    '--a b--',
    'épilogue',
  ]
  const encoded = sevenBitMessage(latin1(lines.join('\r\n'))) ?? ''
  assert.ok(isSevenBit(encoded))
  const { parts } = parsed(encoded)
  assert.deepEqual(
    parts.map(({ type }) => type),
    ['multipart/alternative', 'application/octet-stream', 'message/rfc822'],
  )
  assert.deepEqual(
    parts[0]?.parts.map(({ text }) => text),
    ['plain', latin1('<p>é</p>')],
  )
  assert.equal(parts[1]?.text, latin1('octets ÿ'))
  const forwarded = parts[2]?.parts[0]
  assert.equal(forwarded && header(forwarded, 'Subject'), 'forwarded')
  assert.equal(forwarded?.text, latin1('ça va'))
})

test('a message with an invalid structure is not converted', () => {
  for (const message of [
    'Subject: é\r\n\r\nbody\r\n',
    'Content-Transfer-Encoding: base64\r\n\r\né\r\n',
    'Content-Type: multipart/mixed\r\n\r\né\r\n',
    'Content-Type: multipart/mixed; boundary=x\r\n\r\né\r\n',
  ]) {
    assert.equal(sevenBitMessage(latin1(message)), undefined)
  }
})

test('a line that is too long for SMTP gets soft line breaks', { skip: noPython }, () => {
  const body = `${'long '.repeat(1000)}end\r\n`
  const encoded = sevenBitMessage(`Subject: a\r\n\r\n${body}`) ?? ''
  assert.ok(isSevenBit(encoded))
  assert.equal(parsed(encoded).text, body)
})

test('no input makes it throw, or return a message that is not 7-bit', () => {
  const line = fc.oneof(
    fc.constantFrom(
      '',
      '--x',
      '--x--',
      'Content-Type: multipart/mixed; boundary=x',
      'Content-Type: message/rfc822',
      'é',
      ' é',
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
  )
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
      const message = latin1(lines.map((text) => text.replace(/[\r\n]/g, '')).join('\r\n'))
      assert.ok(isSevenBit(sevenBitMessage(message) ?? ''))
    }),
    { numRuns: 1000 },
  )
})

test('quoted-printable preserves every octet, in lines of at most 76 octets', { skip: noPython }, () => {
  const text = fc
    .array(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.string({ unit: fc.constantFrom(' ', '\t', '=', 'é', 'a'), size: 'large' }),
      ),
    )
    .map((lines) => latin1(lines.map((line) => line.replace(/[\r\n]/g, '')).join('\r\n')))
  const texts = fc.sample(text, 300)
  const encoded = texts.map(quotedPrintable)
  const read = parseAll(
    encoded.map((body) => Buffer.from(`Content-Transfer-Encoding: quoted-printable\r\n\r\n${body}`, 'latin1')),
  )
  for (const [index, body] of encoded.entries()) {
    for (const line of body.split('\r\n')) assert.match(line, /^[\t\x20-\x7e]{0,76}(?<![\t ])$/)
    assert.equal(read[index]?.text, texts[index])
  }
})
