import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { normaliseContent } from './content.ts'
import { ContentRefusedError } from './refused.ts'

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
const normal = (text: string): string => normaliseContent(latin1(text)).content.toString('latin1')

function assertSafe(content: Buffer): void {
  const text = content.toString('latin1')
  assert.ok(text.endsWith('\r\n'))
  assert.doesNotMatch(text, /\r(?!\n)|(?<!\r)\n|\0/)
  for (const line of text.split('\r\n')) assert.ok(line.length <= 998, `a line of ${line.length}`)
}

test('content that is already normal is returned as the same buffer', () => {
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
    ['a\r\n\r\n.\rb', 'a\r\n\r\n.\r\nb\r\n'],
    ['a\r\n\r\n.\r.\r\nb', 'a\r\n\r\n.\r\n.\r\nb\r\n'],
    ['a\r\r\nb', 'a\r\nb\r\n'],
    ['a\r\r\r\n\r\r\nb\r\r\n', 'a\r\n\r\nb\r\n'],
    ['a\n\r\nb', 'a\r\n\r\nb\r\n'],
    ['a\n\n\rb', 'a\r\n\r\n\r\nb\r\n'],
    ['a\r', 'a\r\n'],
    ['\n', '\r\n'],
    ['', '\r\n'],
    ['a', 'a\r\n'],
  ]
  for (const [raw, wanted] of table) assert.equal(normal(raw), wanted, JSON.stringify(raw))
})

test('a lone CR in the header becomes a space, and is removed at the beginning of a line', () => {
  const table: [string, string][] = [
    ['Subject: a\rBcc: b\r\n\r\nc\r\n', 'Subject: a Bcc: b\r\n\r\nc\r\n'],
    ['Subject: a\r\rb\r\n\r\nc\rd\r\n', 'Subject: a b\r\n\r\nc\r\nd\r\n'],
    // An empty line before the header does not end it.
    ['\r\nSubject: a\rBcc: b\r\n\r\nc\r\n', 'Subject: a Bcc: b\r\n\r\nc\r\n'],
    ['A: b\n\rC: d\n\r\ne', 'A: b\r\nC: d\r\n\r\ne\r\n'],
    // From an old Mac; SMTP ended its last line.
    ['A: b\rC: d\r\re\r\n', 'A: b\r\nC: d\r\n\r\ne\r\n'],
  ]
  for (const [raw, wanted] of table) assert.equal(normal(raw), wanted, JSON.stringify(raw))
})

test('what programs wrongly write before the header is removed', () => {
  const message = 'From: a\r\nTo: b\r\n\r\nbody\r\n'
  const bom = '\xef\xbb\xbf'
  const mbox = 'From app@example.test Fri Nov 27 09:00:00 2026\r\n'
  for (const before of [
    '',
    bom,
    '\r\n',
    '\r\n \t\r\n',
    ' ',
    '\t',
    mbox,
    `>${mbox}`,
    `${bom}\r\n${mbox}\r\n `,
    '\r\n'.repeat(99),
  ])
    assert.equal(normal(before + message), message, JSON.stringify(before))
  assert.equal(normal(`Date: x\r\n${mbox}${message}`), `Date: x\r\n${message}`)
  for (const kept of [
    `A: b\r\nFrom me to you: hello\r\nC: d\r\n`,
    'From : a\r\n\r\nFrom b\r\n',
    '\r\nno header\r\n',
    ' \r\n',
    `${bom}text\r\n`,
  ])
    assert.equal(normal(kept), kept)
})

test('NUL is refused, and the refusal says how to fix it', () => {
  assert.throws(() => normaliseContent(latin1('A: b\r\n\r\n\0\r\n')), {
    name: 'ContentRefusedError',
    code: 554,
    status: '5.6.0',
  })
})

test('a long body line continues after a space, and keeps all its octets', () => {
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

const addresses = (count: number): string => Array.from({ length: count }, (_, at) => `kim${at}@example.org`).join(',')
const folds = (field: string, min = 2): string[] => {
  const content = normal(`${field}\r\nX-After: b\r\n\r\nbody\r\n`)
  const lines = /^([^]*)\r\nX-After: b\r\n\r\nbody\r\n$/.exec(content)?.[1]?.split('\r\n') ?? []
  assert.ok(lines.length >= min)
  for (const line of lines) assert.ok(line.length <= 998 && /\S/.test(line))
  assert.equal(lines.map((line, at) => (at === 0 ? line : line.slice(1))).join(''), field)
  return lines
}

test('a field without white space is folded where a space has no meaning', () => {
  for (const line of folds(`To: ${addresses(200)}`).slice(1)) assert.match(line, /^ kim\d+@/)
  for (const line of folds(`References: ${'<0123456789abcdef@mail.example.org>'.repeat(80)}`).slice(1))
    assert.match(line, /^ </)
  for (const line of folds(`Content-Type: text/x;${'name=value;'.repeat(200)}`).slice(1)) assert.match(line, /^ name=/)
  for (const line of folds(`DKIM-Signature: v=1;a=x;b=${'AbC/'.repeat(600)};d=example.org`).slice(1))
    assert.match(line, /^ [AbC/]/)
  folds(`Cc: "${'x,y'.repeat(200)}"<kim@example.org>,${addresses(60)}`)
})

test('a quoted comma, an opaque field and a single long id cannot be folded: the field and its length are named', () => {
  const table: [string, RegExp][] = [
    [`To: "${'x,'.repeat(600)}"@example.org`, /the To field has a line of 1218 octets, and 998 is the limit/],
    [`X-Data: ${'a,b;'.repeat(300)}`, /the X-Data field has a line of 1208 octets/],
    [`References: <${'x'.repeat(1480)}@example.org>`, /the References field has a line of 1506 octets/],
  ]
  for (const [field, message] of table)
    assert.throws(() => normal(`${field}\r\n\r\nbody\r\n`), { status: '5.6.0', message })
})

test('a long body line is cut at a blank, or otherwise where a character begins', () => {
  const body = (line: string): string => normal(`A: b\r\n\r\n${line}\r\n`).slice(8)
  const words = 'word '.repeat(500).trim()
  const lines = body(words).split('\r\n')
  for (const line of lines) assert.ok(line.length <= 998)
  assert.equal(lines.join(''), words)
  for (const line of lines.slice(1, -1)) assert.match(line, /^ word/)
  const umlauts = Buffer.from('x' + 'é'.repeat(700)).toString('latin1')
  for (const line of body(umlauts).split('\r\n')) assert.doesNotMatch(Buffer.from(line, 'latin1').toString(), /\ufffd/)
})

test('a long line of quoted-printable gets soft line breaks, one of base64 becomes short lines', () => {
  const qp = '=C3=A9a'.repeat(300)
  const alone = normal(`A: b\r\nContent-Transfer-Encoding: Quoted-Printable\r\n\r\n${qp}\r\n`)
  assert.equal(alone.split('\r\n\r\n')[1]?.replaceAll('=\r\n', ''), `${qp}\r\n`)
  assert.doesNotMatch(alone, /=[0-9A-F]?=\r\n/)
  const part = (encoding: string, body: string): string =>
    `--b1\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`
  const base64 = Buffer.alloc(3000, 'x').toString('base64')
  const text = 'y'.repeat(1200)
  const content = normal(
    `A: b\r\nContent-Type: multipart/mixed; boundary="b1"\r\n\r\n${part('quoted-printable', qp)}${part('base64', base64)}${part('8bit', text)}--b1--\r\n${qp}\r\n`,
  )
  const [, first = '', second = '', third = '', last = ''] = content.split(/--b1(?:--)?\r\n/)
  assert.ok(first.replaceAll('=\r\n', '').includes(qp))
  assert.ok(second.replaceAll('\r\n', '').includes(base64))
  assert.match(second, /\r\n\S{76}\r\n/)
  assert.match(third, /y{998}\r\n y{202}\r\n/)
  assert.doesNotMatch(last, /=\r\n[^ ]/)
})

test('the cost of hostile content is linear in its length', { timeout: 60_000 }, () => {
  const refusedOr = (content: string): void => {
    try {
      normaliseContent(latin1(content))
    } catch (error) {
      if (!(error instanceof ContentRefusedError)) throw error
    }
  }
  const long = 'x'.repeat(1200)
  const body = (text: string, type = 'multipart/mixed; boundary="b:c"'): string =>
    `From: a\r\nContent-Type: ${type}\r\n\r\n${text}${long}\r\n`
  refusedOr(body(' '.repeat(4_000_000)))
  refusedOr(body('--b:c\r\n'.repeat(500_000)))
  refusedOr(body('--b\r\n'.repeat(500_000), 'multipart/mixed; boundary="b"'))
  refusedOr(body(`${'-'.repeat(4_000_000)}\r\n`, 'text/plain\r\nContent-Transfer-Encoding: quoted-printable'))
  for (const part of ['\\"', '"', '(', '<', '()', ',', ' ', ';b=A'])
    for (const name of ['To', 'References', 'Content-Type', 'DKIM-Signature'])
      refusedOr(`${name}: b="${part.repeat(500_000 / part.length)}\r\n\r\nx\r\n`)
  refusedOr(`DKIM-Signature: v=1; b=${'A'.repeat(500_000)}\r\n\r\nx\r\n`)
  refusedOr(`DKIM-Signature: v=1; b=${'A'.repeat(20_000_000)}\r\n\r\nx\r\n`)
})

test('a long quoted-printable line is never cut before a possible boundary', () => {
  const line = `${'a'.repeat(997)}--b${'c'.repeat(20)}`
  const content = normal(
    `A: b\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${line}\r\n`,
  )
  assert.doesNotMatch(content, /\n--b/)
})

test('the encoding of a part is found however it is written', () => {
  const qp = '=C3=A9a'.repeat(300)
  for (const encoding of ['quoted-printable;', 'quoted-printable (x)', '"quoted-printable"', 'QUOTED-PRINTABLE'])
    for (const [type, boundary] of [
      ['boundary="b1"', 'b1'],
      ["boundary*=us-ascii''b1", 'b1'],
      ['boundary="b\\1"', 'b1'],
    ]) {
      const head = `A: b\r\nContent-Type: multipart/mixed; ${type}\r\n\r\n--${boundary}\r\n`
      const inner = `Content-Transfer-Encoding: ${encoding}\r\n\r\n${qp}\r\n`
      for (const part of [inner, `Content-Type: message/rfc822\r\n\r\nSubject: x\r\n${inner}`]) {
        const content = normal(`${head}${part}--${boundary}--\r\n`)
        assert.ok(content.replaceAll('=\r\n', '').includes(qp), `${encoding} ${type}`)
      }
    }
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
      { name: 'ContentRefusedError', status: '5.6.0' },
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

test('for any input the result is safe, unchanged by a second run, and has the same text', () => {
  const withoutSpace = (content: Buffer) => content.toString('latin1').replace(/[\r\n\t ]/g, '')
  fc.assert(
    fc.property(raw, (given) => {
      try {
        const { content } = normaliseContent(given)
        assertSafe(content)
        assert.equal(normaliseContent(content).changed, false)
        assert.equal(withoutSpace(content), withoutSpace(given))
      } catch (error) {
        if (!(error instanceof ContentRefusedError)) throw error
      }
    }),
    { numRuns: 1000 },
  )
})
