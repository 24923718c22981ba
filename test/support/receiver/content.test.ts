import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentReader } from './content.ts'

const COME = '.a\r\n..\r\n\r\n..dot\r\n.\r\nRSET\r\n'

test('the content ends at the dot wherever its octets are cut', () => {
  for (let first = 1; first < COME.length; first++) {
    const reader = new ContentReader(Infinity)
    const rest = [COME.slice(0, first), COME.slice(first)].reduce<string | undefined>(
      (behind, piece) => (behind === undefined ? reader.take(piece) : behind + piece),
      undefined,
    )
    assert.deepEqual([reader.content(), rest], ['.a\r\n.\r\n\r\n.dot\r\n', 'RSET\r\n'])
  }
})

test('an octet at a time is enough', () => {
  const reader = new ContentReader(Infinity)
  const rests = Array.from(COME.slice(0, -6), (octet) => reader.take(octet)).filter((rest) => rest !== undefined)
  assert.deepEqual([reader.content(), rests], ['.a\r\n.\r\n\r\n.dot\r\n', ['']])
})

test('a lone dot is the end of no content', () => {
  const reader = new ContentReader(Infinity)
  assert.deepEqual([reader.take('.\r\n'), reader.content()], ['', ''])
})

test('only the first octets are kept', () => {
  const reader = new ContentReader(5)
  reader.take('abcdefghijk')
  assert.deepEqual([reader.take('lm\r\n.\r\n'), reader.content()], ['', 'abcde'])
})
