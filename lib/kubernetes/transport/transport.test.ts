import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { createTransport } from './transport.ts'

test('new certificates close idle connections at once, and busy ones when their request is answered', async () => {
  const waiting: ServerResponse[] = []
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.end('now')
    else waiting.push(response)
  })
  const connections = { open: 0, all: 0 }
  server.on('connection', (socket) => {
    connections.open++
    connections.all++
    socket.once('close', () => connections.open--)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let key = 'first'
  const transport = createTransport(
    Promise.resolve({
      server: `http://127.0.0.1:${port}`,
      access: () => Promise.resolve({ headers: {}, tls: { key } }),
    }),
  )
  const send = async (method: string): Promise<string> => {
    const message = await transport.send({ method, path: '/', signal: AbortSignal.timeout(10_000) })
    const chunks = await message.toArray()
    return Buffer.concat(chunks as Buffer[]).toString()
  }
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5))
  }

  const busy = send('POST')
  await until(() => waiting.length === 1)
  await send('GET')
  assert.deepEqual(connections, { open: 2, all: 2 })

  key = 'second'
  assert.equal(await send('GET'), 'now')
  assert.equal(connections.all, 3)
  await until(() => connections.open === 2)

  waiting[0]?.end('later')
  assert.equal(await busy, 'later')
  await until(() => connections.open === 1)

  transport.close()
  server.close()
  await once(server, 'close')
})
