import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseContent } from './content.ts'
import { readHeaderBlock } from './header-block.ts'
import { fixHeaders } from './fix-headers.ts'
import type { FixOptions } from './fix-headers.ts'
import { octetsOf, parseMessage } from './message.ts'
import { ContentRefusedError } from './refused.ts'
import type { Trace } from './trace.ts'

const options: FixOptions = {
  submitting: { login: 'app@example.org', mayUse: (address) => address.endsWith('@example.org') },
  id: '01jd3q7xk8abcdefg',
  hostName: 'mail.example.org',
  now: Date.UTC(2026, 0, 5, 9, 7, 3),
  protocol: 'ESMTPSA',
  recipients: [{ address: 'kim@example.net' }],
}
const TRACE =
  'Received: by mail.example.org (Postrider) with ESMTPSA id 01jd3q7xk8abcdefg\r\n\tfor <kim@example.net>;' +
  '\r\n\tMon, 05 Jan 2026 09:07:03 +0000\r\n'

function fixUp(text: string, changes: Partial<Trace> = {}) {
  const fixed = fixHeaders(parseMessage(Buffer.from(text, 'latin1')), { ...options, ...changes })
  return { ...fixed, text: octetsOf(fixed.message).toString('latin1') }
}

test('a complete message gets its trace field and nothing else', () => {
  const text =
    'fROM:kim@example.org\r\nX-A :  odd \r\n\t folded\r\nDate: today\r\nMessage-Id: <1@a>\r\n\r\nbody \xff\r\nBcc: in the body\r\n'
  const fixed = fixUp(text)
  assert.equal(fixed.text, TRACE + text)
  assert.deepEqual(
    [fixed.messageId, fixed.from, fixed.resentFrom, fixed.utf8],
    ['<1@a>', { body: 'kim@example.org', addresses: ['kim@example.org'] }, undefined, false],
  )
})

test('Date and Message-ID are added where they are missing, and replaced where they are empty', () => {
  const added = `Date: Mon, 05 Jan 2026 09:07:03 +0000\r\nMessage-ID: <${options.id}@mail.example.org>\r\n`
  const body = '\r\nbody\r\n'
  assert.equal(fixUp(`From: a@b.c\r\n${body}`).text, `${TRACE}${added}From: a@b.c\r\n${body}`)
  assert.equal(
    fixUp(`Date:\r\nFrom: a@b.c\r\nMessage-ID: \r\n \r\n${body}`).text,
    `${TRACE}${added}From: a@b.c\r\n${body}`,
  )
  assert.equal(fixUp('From: a@b.c\r\n').messageId, `<${options.id}@mail.example.org>`)
})

test('SMTPUTF8 is needed for addresses, not for other text', () => {
  const utf8 = (text: string): boolean => fixHeaders(parseMessage(Buffer.from(text)), options).utf8
  assert.equal(utf8('From: Kïm <a@b.c>\r\nSubject: Grüße\r\nX-A: ü@x\r\n\r\nbody\r\n'), false)
  for (const field of ['To: kïm@b.c', 'Cc: a@b.c, K <k@bücher.test>', 'Reply-To: ü', 'Resent-From: ü@b.c'])
    assert.equal(utf8(`From: a@b.c\r\n${field}\r\n\r\nbody\r\n`), true, field)
})

test('a second Bcc is removed like the first one', () => {
  assert.match(
    fixUp('From: a@b.c\r\nBcc: x@y.z\r\nTo: t@y.z\r\nBcc: y@y.z\r\n\r\nbody\r\n').text,
    /\r\nFrom: a@b\.c\r\nTo: t@y\.z\r\n\r\nbody/,
  )
})

test('blind recipients stay hidden: Bcc is removed with all its lines, and `for` is not added for several recipients', () => {
  const given =
    'Return-Path: <a@b.c>\r\nBcc: x@y.z,\r\n y@y.z\r\nFrom: a@b.c\r\nRESENT-BCC: z@y.z\r\nTo: t@y.z\r\n\r\nbody\r\n'
  const { text } = fixUp(given, { recipients: [{ address: 'x@y.z' }, { address: 't@y.z' }] })
  assert.doesNotMatch(text, /bcc|x@y|y@y|z@y|return-path|for </i)
  assert.match(text, /\r\nFrom: a@b\.c\r\nTo: t@y\.z\r\n\r\nbody\r\n$/)
  assert.doesNotMatch(fixUp(given, { recipients: [{ address: 'm\u00fcller@y.z' }] }).text, /for </)
})

test('a message of headers only gets the blank line, and a line that is not a field begins the body', () => {
  assert.match(fixUp('From: a@b.c\r\n').text, /\r\nFrom: a@b\.c\r\n\r\n$/)
  assert.match(
    fixUp('From: a@b.c\r\nhello there\r\nTo: x@y.z\r\n').text,
    /\r\nFrom: a@b\.c\r\n\r\nhello there\r\nTo: x@y\.z\r\n$/,
  )
})

test('headers that receivers read differently, or that show a loop, are refused', () => {
  const table: [string, number, string][] = [
    ['To: a@b.c\r\n\r\n', 550, '5.6.0'],
    ['\r\nFrom: a@b.c\r\n', 550, '5.6.0'],
    [' From: a@b.c\r\n\r\n', 550, '5.6.0'],
    ['From me Mon Jan 5 09:07:03\r\nFrom: a@b.c\r\n\r\n', 550, '5.6.0'],
    ['From\xa0: a@b.c\r\n\r\n', 550, '5.6.0'],
    ['From: a@b.c\r\nfrom : x@y.z\r\n\r\n', 550, '5.6.0'],
    ...['Date', 'Message-ID', 'To', 'Cc', 'Subject', 'Sender', 'Reply-To', 'References'].map(
      (name): [string, number, string] => [`From: a@b.c\r\n${name}: x\r\n${name}: y\r\n\r\n`, 550, '5.6.0'],
    ),
    [`From: a@b.c\r\n${'Received: by x\r\n'.repeat(51)}\r\n`, 554, '5.4.6'],
    [`From: a@b.c\r\n${'X-Much: more\r\n'.repeat(40_000)}\r\n`, 552, '5.3.4'],
  ]
  for (const [text, code, status] of table) {
    assert.throws(() => fixUp(text), { name: 'ContentRefusedError', code, status }, text.slice(0, 60))
  }
  fixUp(`From: a@b.c\r\n${'Received: by x\r\n'.repeat(50)}\r\n`)
})

test('the id for the log is short, whatever the field contains', () => {
  assert.equal(fixUp(`From: a@b.c\r\nMessage-ID: (c) <1@a>\r\n <2@a>\r\n\r\n`).messageId, '<1@a>')
  assert.equal(fixUp(`From: a@b.c\r\nMessage-ID: ${'x '.repeat(400)}\r\n\r\n`).messageId.length, 300)
})

const line = fc.oneof(
  fc.constantFrom(
    'From: a@b.c',
    'To: x@y.z',
    'Bcc: q@y.z',
    'Date: x',
    'Subject:',
    'X :y',
    ' more',
    '\t',
    '',
    'no field',
    'Message-ID:',
  ),
  fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', '')),
)

test('for any input, the fields that remain are unchanged and in the same order, and From is present', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const given = normaliseContent(Buffer.from(['From: a@b.c', ...lines].join('\r\n'), 'utf8')).content
      const texts = (content: Buffer) =>
        readHeaderBlock(content).fields.map(({ name, start, end }) => ({
          name,
          text: content.toString('latin1', start, end),
        }))
      try {
        const content = octetsOf(fixHeaders(parseMessage(given), options).message)
        const after = texts(content)
        const kept = texts(given).filter(({ name }) => name !== 'bcc')
        const own = after.slice(0, after.length - kept.filter(({ name, text }) => !isEmptyId(name, text)).length)
        assert.deepEqual(
          after.slice(own.length),
          kept.filter(({ name, text }) => !isEmptyId(name, text)),
        )
        assert.equal(own[0]?.name, 'received')
        for (const name of ['date', 'message-id', 'from'])
          assert.equal(after.filter((field) => field.name === name).length, 1)
        const { end, separated } = readHeaderBlock(content)
        assert.ok(separated && content.toString('latin1', end, end + 2) === '\r\n')
        assert.equal(normaliseContent(content).changed, false)
      } catch (error) {
        if (!(error instanceof ContentRefusedError)) throw error
      }
    }),
    { numRuns: 500 },
  )
})

const isEmptyId = (name: string, text: string): boolean =>
  (name === 'message-id' || name === 'date') &&
  Buffer.from(text.slice(text.indexOf(':') + 1), 'latin1')
    .toString()
    .trim() === ''
