import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sendContent, stuffDots } from './content.ts'
import { ConnectionBrokenError } from './outcome.ts'
import type { Dialogue } from './socket.ts'

test('dots at the beginning of lines are doubled, wherever the content is split', () => {
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

/** A dialogue that records the calls in order. */
function recorded(): { dialogue: Dialogue; story: string[] } {
  const story: string[] = []
  const dialogue = {
    write: (data: string | Buffer) => story.push(data.toString()),
    drained: () => Promise.resolve(),
    unread: () => undefined,
    cork: () => undefined,
    uncork: () => undefined,
    destroy: () => story.push('destroyed'),
  }
  return { dialogue: dialogue as unknown as Dialogue, story }
}

test('the fence is asked after all content but the last piece, before the final dot', async () => {
  const { dialogue, story } = recorded()
  const fence = {
    content: () => story.push('content'),
    finalDot: () => {
      story.push('asked')
      return Promise.resolve(true)
    },
  }
  const pieces = (async function* () {
    yield Buffer.from('one\r\n')
    await Promise.resolve()
    yield Buffer.from('two\r\n')
  })()
  await sendContent(dialogue, pieces, { blockMs: 1000, rate: 1000, onEnd: () => story.push('end'), fence })
  assert.deepEqual(story, ['content', 'one\r\n', 'asked', 'end', 'two\r\n', '.\r\n'])
})

test('a closed fence ends the connection without the last piece and the final dot', async () => {
  const { dialogue, story } = recorded()
  const fence = { content: () => undefined, finalDot: () => Promise.resolve(false) }
  await assert.rejects(
    sendContent(dialogue, Buffer.from('one\r\n'), { blockMs: 1000, rate: 1000, onEnd: () => story.push('end'), fence }),
    (error) => error instanceof ConnectionBrokenError && error.code === 'LEASE' && error.stage === 'content',
  )
  assert.deepEqual(story, ['destroyed'])
})
