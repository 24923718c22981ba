import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stuffDots } from './content.ts'

test('dots at the beginning of lines are doubled, wherever the content is cut', () => {
  const line = fc.string({ unit: fc.constantFrom('.', 'a', '\r'), maxLength: 4 })
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat(60)), (lines, cuts) => {
      const text = lines.map((words) => `${words}\r\n`).join('')
      const content = Buffer.from(text)
      const places = [0, ...cuts.map((cut) => Math.min(cut, content.length)).sort((a, b) => a - b), content.length]
      let atLineStart = true
      const sent = places.slice(1).map((end, index) => {
        const piece = content.subarray(places[index], end)
        const stuffed = stuffDots(piece, atLineStart)
        if (piece.length > 0) atLineStart = piece.at(-1) === 0x0a
        return stuffed
      })
      assert.equal(Buffer.concat(sent).toString(), text.replace(/(^|\n)\./g, '$1..'))
    }),
    { numRuns: 500 },
  )
})

test('content without such lines is not copied', () => {
  const content = Buffer.from('a.\r\nb .c\r\n')
  assert.equal(stuffDots(content, true), content)
})
