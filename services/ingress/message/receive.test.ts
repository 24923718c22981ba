import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createReceiver } from './receive.ts'

/** The DATA of a client that sends these chunks. */
function dataOf(...chunks: string[]): PassThrough {
  const stream = new PassThrough()
  for (const chunk of chunks) stream.write(chunk)
  return stream
}

test('the chunks of a message are joined', async () => {
  const receive = createReceiver()
  const { raw } = await receive(dataOf('a', 'b', 'c').end(), 3)
  assert.equal(raw.toString(), 'abc')
  assert.equal((await receive(dataOf().end(), 3)).raw.length, 0)
})

test('a message over the limit is read to its end and then refused', async () => {
  const stream = dataOf('abc', 'd', 'e')
  const received = createReceiver()(stream, 3)
  const refused = assert.rejects(received, { responseCode: 552, status: '5.3.4', reason: 'size' })
  let ended = false
  void received.catch(() => (ended = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(ended, false)
  stream.end('f')
  await refused
})

test('the messages of a process share a bound on memory, and a released, refused or aborted message frees its part', async () => {
  const receive = createReceiver(10)
  const first = await receive(dataOf('123456').end(), 100)
  const busy = { responseCode: 452, status: '4.3.1', reason: 'queue-unavailable' }
  await assert.rejects(receive(dataOf('12345').end(), 100), busy)
  await assert.rejects(receive(dataOf('1234').end(), 3), { reason: 'size' })
  const cut = dataOf('1234')
  const aborted = assert.rejects(receive(cut, 100), { responseCode: 451, status: '4.4.2', reason: 'aborted' })
  await new Promise((resolve) => setImmediate(resolve))
  cut.destroy(new Error('gone'))
  await aborted
  const second = await receive(dataOf('1234').end(), 100)
  first.release()
  second.release()
  await receive(dataOf('1234567890').end(), 100)
})

test('each receiver has its own bound on memory', async () => {
  const full = createReceiver(10)
  await full(dataOf('1234567890').end(), 100)
  await createReceiver(10)(dataOf('1234567890').end(), 100)
})
