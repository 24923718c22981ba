import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors } from '@nats-io/transport-node'
import type { Broker } from './connection.ts'
import { writePatiently } from './write-patiently.ts'

const broker = (closed = false) => ({ nc: { isClosed: () => closed } as unknown as Broker['nc'] })

test('a write that is confirmed is done, and one that is refused for what it is is not repeated', async () => {
  let writes = 0
  const write = (failure?: Error) => () => {
    writes++
    return failure === undefined ? Promise.resolve() : Promise.reject(failure)
  }
  assert.deepEqual(await writePatiently(broker(), write()), { done: true })
  const refused = new errors.InvalidArgumentError('max_payload size exceeded')
  assert.deepEqual(await writePatiently(broker(), write(refused)), { refused })
  assert.equal(writes, 2)
})

test('a write ends with the connection', async () => {
  const away = new errors.TimeoutError()
  await assert.rejects(
    writePatiently(broker(true), () => Promise.reject(away)),
    away,
  )
})
