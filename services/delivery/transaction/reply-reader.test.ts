import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { BadReply, ReplyReader } from './reply-reader.ts'

const read = (text: string) => new ReplyReader().push(Buffer.from(text))

describe('replies', () => {
  const cases: [name: string, text: string, code: number, said: string][] = [
    ['one line', '250 2.0.0 ok\r\n', 250, '250 2.0.0 ok'],
    ['several lines', '550-5.1.1 no\r\n550 5.1.1 such user\r\n', 550, '550 5.1.1 no such user'],
    ['several lines without a status', '550-no\r\n550 such user\r\n', 550, '550 no such user'],
    ['a bare code', '354\r\n', 354, '354'],
    ['line ends without CR', '250 ok\n', 250, '250 ok'],
    ['codes that differ: the last counts', '250-wait\r\n550 no\r\n', 550, '550 wait no'],
    ['UTF-8', '550 pas de boîte\r\n', 550, '550 pas de boîte'],
    ['control characters', '550 a\u0000b\u001b[31m\rc\r\n', 550, '550 a b [31m c'],
  ]
  for (const [name, text, code, said] of cases) {
    test(`are read: ${name}`, () => {
      const [reply, ...more] = read(text)
      assert.deepEqual([reply?.code, reply?.text, more.length], [code, said, 0])
    })
  }

  for (const [name, text] of [
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a code out of range', '150 hm\r\n'],
    ['no separator', '250ok\r\n'],
    ['a line without an end', `250 ${'x'.repeat(5000)}`],
    ['a line that is too long', `250 ${'x'.repeat(5000)}\r\n`],
    ['lines without an end', '250-more\r\n'.repeat(300)],
  ] as const) {
    test(`are refused: ${name}`, () => assert.throws(() => read(text), BadReply))
  }

  test('are the same however the octets are cut', () => {
    const text = '220-one\r\n220 two\r\n250 ok\r\n550-5.1.1 n\r\n550 5.1.1 é\r\n'
    const octets = Buffer.from(text)
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(octets.length)), (cuts) => {
        const reader = new ReplyReader()
        const places = [0, ...cuts.sort((a, b) => a - b), octets.length]
        const replies = places.slice(1).flatMap((end, index) => reader.push(octets.subarray(places[index], end)))
        assert.deepEqual(replies, read(text))
      }),
      { numRuns: 300 },
    )
  })
})
