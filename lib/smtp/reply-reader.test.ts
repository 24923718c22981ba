import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { MAX_REPLY_OCTETS, MAX_TEXT_OCTETS } from './reply-bounds.ts'
import type { ReplyBound } from './reply-bounds.ts'
import { ReplyReader } from './reply-reader.ts'
import type { ReadReply } from './reply-reader.ts'

interface Read {
  replies: ReadReply[]
  reader: ReplyReader
}

function read(octets: Buffer | string, cuts: number[] = []): Read {
  const buffer = Buffer.from(octets as string)
  const reader = new ReplyReader()
  const replies: ReadReply[] = []
  const places = [0, ...cuts, buffer.length]
  for (const [index, end] of places.slice(1).entries())
    reader.push(buffer.subarray(places[index], end), (reply) => replies.push(reply))
  return { replies, reader }
}

const short = ({ replies }: Read): string[] => replies.map(({ text, odd }) => (odd ? `${text} (odd)` : text))

describe('a reply', () => {
  const cases: [name: string, text: string, ...replies: string[]][] = [
    ['in one line', '250 2.0.0 ok\r\n', '250 2.0.0 ok'],
    ['in several lines', '550-5.1.1 no\r\n550 5.1.1 such user\r\n', '550 5.1.1 no such user'],
    ['in several lines without a status', '550-no\r\n550 such user\r\n', '550 no such user'],
    ['that is a bare code', '354\r\n', '354'],
    ['that is a bare code and a space', '250 \r\n', '250'],
    ['whose last line is a bare code', '250-ok\r\n250\r\n', '250 ok'],
    ['with lines that end in LF', '250-a\n250 b\n', '250 a b'],
    ['with lines that end in CR CR LF', '250 ok\r\r\n', '250 ok'],
    ['with codes that differ: the last counts', '250-wait\r\n550 no\r\n', '550 wait no'],
    ['with a refusal first: the last counts', '550-no\r\n250 ok\r\n', '250 no ok'],
    ['in UTF-8', '550 pas de boîte\r\n', '550 pas de boîte'],
    ['with control characters', '550 a\u0000b\u001b[31m\rc\r\n', '550 a b [31m c'],
    ['with NUL behind the code', '250\u0000ok\r\n', '250 ok'],
    ['of a class that is not defined', '150 hm\r\n', '150 hm'],
    ['of the last class', '999 hm\r\n', '999 hm'],
    ['of code 000', '000 hm\r\n', '000 hm'],
    ['and another in the same packet', '250 a\r\n550 b\r\n', '250 a', '550 b'],
    // Lines that are not SMTP belong to the reply that follows.
    ['and an empty line', '250 queued\r\n\r\n', '250 queued'],
    ['and a line that is not SMTP', '250 queued\r\nrubbish\r\n', '250 queued'],
    ['after an empty line', '\r\n250 ok\r\n', '250 ok (odd)'],
    ['after a line without a code', '220-hello\r\nwelcome\r\n220 mx\r\n', '220 hello welcome mx (odd)'],
    ['with a line without a code within', '550-5.1.1 a\r\nb\r\n550 5.1.1 c\r\n', '550 5.1.1 a b c (odd)'],
    ['after a line with a tab behind the code', '250\ta\r\n550 b\r\n', '550 a b (odd)'],
    ['after a line with a colon behind the code', '250:a\r\n550 b\r\n', '550 a b (odd)'],
    ['after a line with nothing between code and text', '250ok\r\n550 b\r\n', '550 ok b (odd)'],
    ['after a line with a leading space', ' 250 a\r\n550 b\r\n', '550  250 a b (odd)'],
    ['after a line with four digits', '2500 a\r\n550 b\r\n', '550 2500 a b (odd)'],
    ['after an address', '203.0.113.5 is blocked\r\n550 b\r\n', '550 203.0.113.5 is blocked b (odd)'],
    ['that is not complete', '250-a\r\n250-b\r\n'],
    ['without a line end', '250 ok'],
    ['with a tab behind the code', '250\tok\r\n'],
    ['of a web server', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ]
  for (const [name, text, ...replies] of cases) {
    test(`${name} is read as Postfix reads it`, () => assert.deepEqual(short(read(text)), replies))
  }

  test('has its last line’s code', () => {
    for (const code of ['000', '150', '250', '354', '550', '999'])
      assert.equal(read(`${code} x\r\n`).replies[0]?.code, Number(code))
  })

  test('with an over-long line is read without the end of that line', () => {
    const { replies } = read(`250-${'x'.repeat(5000)}\r\n250 ok\r\n`)
    assert.equal(replies[0]?.text, `250 ${'x'.repeat(2044)} ok`)
  })

  test('that is long is kept in part, cut between two characters and marked', () => {
    const line = Buffer.concat([Buffer.from('550-'), Buffer.alloc(2000, 0xff), Buffer.from('\r\n')])
    const { replies } = read(Buffer.concat([line, line, line, Buffer.from('550 end\r\n')]))
    const text = replies[0]?.text ?? ''
    assert.ok(Buffer.byteLength(text) <= MAX_TEXT_OCTETS)
    assert.match(text, /^550 \ufffd+ \[\.\.\.\]$/)
  })
})

describe('what a remote may send', () => {
  const line = (octets: number): string => `${'x'.repeat(octets)}\r\n`
  const cases: [name: string, text: string, bound: ReplyBound][] = [
    ['200 lines of 4 KB', `250-${line(4090)}`.repeat(200), 'reply-octets'],
    ['a line that does not end', 'x'.repeat(MAX_REPLY_OCTETS + 1), 'reply-octets'],
    ['a reply that does not end', '250-more\r\n'.repeat(300), 'reply-lines'],
    ['empty lines without end', '\r\n'.repeat(300), 'reply-lines'],
  ]
  for (const [name, text, bound] of cases) {
    test(`does not include ${name}; complete replies before it are kept`, () => {
      const { replies, reader } = read(`250 queued\r\n${text}`)
      assert.deepEqual([replies.map((reply) => reply.text), reader.broken], [['250 queued'], bound])
    })
  }

  test('is bounded however it is cut', () => {
    const octets = Buffer.from('250-more and more\r\n'.repeat(300))
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(octets.length)), (cuts) => {
        const { reader } = read(
          octets,
          cuts.sort((a, b) => a - b),
        )
        assert.equal(reader.broken, 'reply-lines')
      }),
    )
  })
})

describe('after silence', () => {
  const cases: [name: string, text: string, atSilence: string | undefined, atEnd: string | undefined][] = [
    ['a tab behind the code', '250\tok\r\n', '250 ok', '250 ok'],
    ['a colon behind the code', '550: no\r\n', '550  no', '550  no'],
    ['nothing behind the code', '250ok\r\n', '250 ok', '250 ok'],
    ['a continued reply', '250-queued\r\n', undefined, undefined],
    ['text', 'queued\r\n', undefined, undefined],
    ['an address', '250.0.113.5 is blocked\r\n', undefined, undefined],
    ['a success without a line end', '250 queued', undefined, '250 queued'],
    ['a refusal without a line end', '550 5.7.1 blo', undefined, undefined],
    ['a code without a line end', '250', undefined, undefined],
    ['part of the next line', '250:ok\r\n55', undefined, undefined],
    ['nothing', '', undefined, undefined],
  ]
  for (const [name, text, atSilence, atEnd] of cases) {
    test(`${name} is ${atSilence ?? 'no reply'}; at the end of the wait for a final reply ${atEnd ?? 'none'}`, () => {
      assert.equal(read(text).reader.atSilence()?.text, atSilence)
      const reply = read(text).reader.atEnd()
      assert.equal(reply?.text, atEnd)
      if (reply !== undefined) assert.equal(reply.odd, true)
    })
  }
})

describe('any octets', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '250 ',
      '250-',
      '550',
      '\r\n',
      '\n',
      '\r',
      '\t',
      ':',
      'ok',
      '\u0000',
      '354\r\n',
      '5.1.1 ',
      ' ',
      'é',
    ),
    fc.string({ maxLength: 5 }),
  )
  const octets = fc.oneof(
    fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(pieces.join(''))),
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  )

  test('give the same replies, and the same rest, however they are cut into packets', () => {
    fc.assert(
      fc.property(octets, fc.array(fc.nat(400), { maxLength: 20 }), (buffer, cuts) => {
        const places = cuts.filter((cut) => cut <= buffer.length).sort((a, b) => a - b)
        const [whole, pieces] = [read(buffer), read(buffer, places)]
        assert.deepEqual(pieces.replies, whole.replies)
        assert.equal(pieces.reader.pending, whole.reader.pending)
        assert.deepEqual(pieces.reader.atEnd(), whole.reader.atEnd())
      }),
      { numRuns: 1000 },
    )
  })

  test('never make a success of a line that does not begin with 2', () => {
    fc.assert(
      fc.property(octets, (buffer) => {
        const { replies, reader } = read(buffer)
        const last = reader.atEnd()
        const successes = [...replies, ...(last === undefined ? [] : [last])].filter(
          ({ code }) => code >= 200 && code < 300,
        )
        for (const { lines, code } of successes) assert.ok(lines.at(-1)?.startsWith(String(code)))
      }),
      { numRuns: 1000 },
    )
  })

  test('are all accounted for', () => {
    fc.assert(
      fc.property(octets, (buffer) => {
        const { replies, reader } = read(buffer)
        assert.equal(replies.reduce((sum, reply) => sum + reply.octets, 0) + reader.pending, buffer.length)
      }),
    )
  })
})
