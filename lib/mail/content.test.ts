import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseContent } from './content.ts'
import { ContentRefused } from './refused.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const normal = (text: string): string => normaliseContent(latin1(text)).content.toString('latin1')

function assertSafe(content: Buffer): void {
  const text = content.toString('latin1')
  assert.ok(text.endsWith('\r\n'))
  assert.doesNotMatch(text, /\r(?!\n)|(?<!\r)\n|\0/)
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998, `a line of ${line.length}`)
}

test('content that is normal already is passed on as the very same buffer', () => {
  const raw = latin1(`Subject: a\r\n\r\nbody\r\n${'x'.repeat(998)}\r\n`)
  assert.deepEqual(normaliseContent(raw), { content: raw, eightBit: false, changed: false })
  assert.equal(normaliseContent(raw).content, raw)
})

test('a single octet over 127 is noticed', () => {
  assert.equal(normaliseContent(latin1('A: b\r\n\r\n\xe9\r\n')).eightBit, true)
})

test('every other kind of line break becomes CRLF, so that nothing ends the message early', () => {
  const table: [string, string][] = [
    ['a\n.\nb', 'a\r\n.\r\nb\r\n'],
    ['a\r.\rb', 'a\r\n.\r\nb\r\n'],
    ['a\r\n.\nb', 'a\r\n.\r\nb\r\n'],
    ['a\n.\r\nb', 'a\r\n.\r\nb\r\n'],
    ['a\r\n.\rb', 'a\r\n.\r\nb\r\n'],
    ['a\r.\r\nb', 'a\r\n.\r\nb\r\n'],
    ['a\r\r\nb', 'a\r\n\r\nb\r\n'],
    ['a\n\r\nb', 'a\r\n\r\nb\r\n'],
    ['a\n\rb', 'a\r\n\r\nb\r\n'],
    ['a\r', 'a\r\n'],
    ['\n', '\r\n'],
    ['', '\r\n'],
    ['a', 'a\r\n'],
  ]
  for (const [raw, wanted] of table) assert.equal(normal(raw), wanted, JSON.stringify(raw))
})

test('NUL is refused, with what to do about it', () => {
  assert.throws(() => normaliseContent(latin1('A: b\r\n\r\n\0\r\n')), {
    name: 'ContentRefused',
    code: 554,
    status: '5.6.0',
  })
})

test('a long body line goes on after a space, and keeps all its octets', () => {
  const line = 'x'.repeat(2500)
  const content = normal(`A: b\r\n\r\nbefore\r\n${line}\r\nafter\r\n`)
  assert.match(content, /^A: b\r\n\r\nbefore\r\nx{998}\r\n x{997}\r\n x{505}\r\nafter\r\n$/)
})

test('a long header line is folded at its last white space and means the same', () => {
  const words = 'word '.repeat(500).trim()
  const content = normal(`To: a\r\nSubject: ${words}\r\nCc: b\r\n\r\nbody\r\n`)
  const field = /^To: a\r\n(Subject: [^]*)\r\nCc: b\r\n\r\nbody\r\n$/.exec(content)?.[1] ?? ''
  assert.equal(field.replaceAll('\r\n', ''), `Subject: ${words}`)
  for (const line of field.split('\r\n')) assert.match(line, /\S/)
})

test('a header line of white space does not end the header', () => {
  const content = normal(`Subject: a\r\n${' '.repeat(1200)}\r\nTo: b\r\n\r\nbody\r\n`)
  assert.equal(content, 'Subject: a\r\nTo: b\r\n\r\nbody\r\n')
})

test('a header line without a place to fold is refused; the same line in the body is broken', () => {
  const long = 'x'.repeat(1200)
  for (const header of [`Subject: ${long}`, `X-${long}: a`, `X ${' '.repeat(1100)}: a`, `Subject: a\r\n ${long}`]) {
    assert.throws(
      () => normal(`${header}\r\n\r\nbody\r\n`),
      { name: 'ContentRefused', status: '5.6.0' },
      header.slice(0, 20),
    )
  }
  assert.equal(normal(`A: b\r\n${long}\r\n`), `A: b\r\n${'x'.repeat(998)}\r\n ${'x'.repeat(202)}\r\n`)
})

const piece = fc.oneof(
  fc.constantFrom(
    '\r',
    '\n',
    '\r\n',
    '.',
    '\r.\r',
    '\n.\n',
    '\r\n.\n',
    '\n.\r\n',
    'From: a',
    'X:',
    ' ',
    '\t',
    ':',
    '\xff',
  ),
  fc
    .constantFrom(' ', 'x', 'word ', '\t ')
    .chain((text) => fc.integer({ min: 1, max: 700 }).map((n) => text.repeat(n))),
  fc.string(),
)
const raw = fc.array(piece, { maxLength: 30 }).map((pieces) => latin1(pieces.join('').replaceAll('\0', '')))

test('whatever comes in, what goes out is safe, is left alone the second time, and keeps its text', () => {
  const withoutSpace = (content: Buffer) => content.toString('latin1').replace(/[\r\n\t ]/g, '')
  fc.assert(
    fc.property(raw, (given) => {
      try {
        const { content } = normaliseContent(given)
        assertSafe(content)
        assert.equal(normaliseContent(content).changed, false)
        assert.equal(withoutSpace(content), withoutSpace(given))
      } catch (error) {
        if (!(error instanceof ContentRefused)) throw error
      }
    }),
    { numRuns: 1000 },
  )
})
