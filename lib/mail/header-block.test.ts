import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldValue, readHeaderBlock } from './header-block.ts'

const read = (text: string) => readHeaderBlock(Buffer.from(text))
const names = (text: string): string[] => read(text).fields.map(({ name }) => name)

test('a field is its name in lower case and all its lines', () => {
  const text = 'Subject : one\r\n two\r\nX-A:b\r\n\r\nbody: no\r\n'
  const { fields, end, separated } = read(text)
  assert.deepEqual(
    fields.map(({ name, start, end: after }) => [name, text.slice(start, after)]),
    [
      ['subject', 'Subject : one\r\n two\r\n'],
      ['x-a', 'X-A:b\r\n'],
    ],
  )
  assert.deepEqual([text.slice(end), separated], ['\r\nbody: no\r\n', true])
  assert.equal(fieldValue(Buffer.from(text), fields[0] ?? { name: '', start: 0, end: 0 }), 'one two')
})

test('a line that is not a field begins the body', () => {
  for (const line of ['no colon', ': no name', 'a name: x', 'n\u00e4me: x', 'a\u00a0: x']) {
    const { fields, separated, end } = read(`A: b\r\n${line}\r\nC: d\r\n\r\n`)
    assert.deepEqual([fields.length, separated, end], [1, false, 6], line)
  }
})

test('a continuation line needs a field that it goes on with', () => {
  assert.deepEqual(read(' a: b\r\n\r\n'), { fields: [], end: 0, separated: false })
})

test('content may end in its header', () => {
  assert.deepEqual(names('A: b\r\nC: d\r\n'), ['a', 'c'])
  assert.equal(read('A: b\r\nC: d\r\n').separated, true)
  assert.deepEqual(read(''), { fields: [], end: 0, separated: true })
  assert.deepEqual([names('A: b\r\nC: d'), read('A: b\r\nC: d').separated], [['a'], false])
})
