import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abandon, beginChunks, readChunkCommand } from './chunking.ts'

test('BDAT names its octets, and whether it is the last (RFC 3030)', () => {
  assert.deepEqual(readChunkCommand('BDAT 86'), { octets: 86, last: false })
  assert.deepEqual(readChunkCommand('bdat  0  last '), { octets: 0, last: true })
  for (const line of [
    'BDAT',
    'BDAT -1',
    'BDAT x',
    'BDAT 1.5',
    'BDAT 1 FIRST',
    'BDAT 1 LAST LAST',
    'BDAT 1234567890123456',
  ])
    assert.equal(readChunkCommand(line), undefined, line)
})

test('the handler reads chunks as it reads DATA, and what it decides is the result', async () => {
  const { stream, result } = beginChunks((input, callback) => {
    let read = ''
    input.on('data', (chunk: Buffer) => (read += chunk.toString()))
    input.on('end', () => callback(null, `read ${read}`))
  })
  stream.write('one ')
  stream.end('two')
  assert.deepEqual(await result, { error: null, message: 'read one two' })
})

test('a handler that refuses without reading does not hold up the rest', async () => {
  const refusal = new Error('too large')
  const { stream, result } = beginChunks((_, callback) => callback(refusal))
  assert.deepEqual(await result, { error: refusal })
  assert.equal(stream.readableFlowing, true)
})

test('a message that is abandoned ends with an error for its handler, and harms nobody without one', async () => {
  let heard: Error | undefined
  const message = beginChunks((input) => input.on('error', (error) => (heard = error)))
  abandon(message)
  abandon(beginChunks(() => undefined))
  await new Promise(setImmediate)
  assert.match(heard?.message ?? '', /abandoned/)
})
