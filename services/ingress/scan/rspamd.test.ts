import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, test } from 'node:test'
import { createRspamd, verdictOf } from './rspamd.ts'
import type { ScannedMail } from './scanner.ts'

const MAIL: ScannedMail = {
  id: 'q1',
  from: 'jörg@sender.test',
  recipients: [{ address: 'kim@remote.test' }, { address: 'lee@remote.test' }],
  domain: 'sender.test',
  credential: 'sam@sender.test',
  content: Buffer.from('Subject: x\r\n\r\nx\r\n'),
}
const GOOD = { action: 'no action', score: 1.5, required_score: 15, symbols: {} }

let answer: (request: IncomingMessage, response: ServerResponse) => void
const server = createServer((request, response) => answer(request, response))
let url = ''
before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  answer = (_, response) => response.end(JSON.stringify(GOOD))
})

const scan = (timeoutMs = 20_000) => createRspamd()(MAIL, { url, timeoutMs })
const unavailable = (why: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error)
  assert.deepEqual([error.name, why.test(error.message)], ['ScannerUnavailableError', true], error.message)
  return true
}

test('a message is sent with its envelope and without the address of the client', async () => {
  let seen: IncomingMessage | undefined
  let body = ''
  answer = (request, response) => {
    seen = request
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => response.end(JSON.stringify(GOOD)))
  }
  assert.deepEqual(await scan(), {
    kind: 'rated',
    action: 'no action',
    score: { points: 1.5, required: 15 },
    symbols: [],
  })
  assert.deepEqual([seen?.method, seen?.url, body], ['POST', '/checkv2', MAIL.content.toString()])
  const { headersDistinct = {} } = seen ?? {}
  assert.deepEqual(headersDistinct['rcpt'], ['kim@remote.test', 'lee@remote.test'])
  assert.equal(Buffer.from(headersDistinct['from']?.[0] ?? '', 'latin1').toString(), 'jörg@sender.test')
  assert.deepEqual([headersDistinct['user'], headersDistinct['ip']], [['sam@sender.test'], undefined])
})

test('a scanner that gives no verdict is unavailable', async () => {
  answer = (_, response) => response.writeHead(500).end('no')
  await assert.rejects(scan(), unavailable(/answered 500: no/))
  answer = (request) => request.socket.destroy()
  await assert.rejects(scan(), unavailable(/cannot be reached/))
  answer = () => undefined
  await assert.rejects(scan(200), unavailable(/within 200 ms/))
  answer = (_, response) => response.end('x'.repeat(2 * 1024 * 1024))
  await assert.rejects(scan(), unavailable(/octets/))
})

for (const [text, why] of [
  ['<html>', /other than JSON$/],
  ['null', /other than a JSON object/],
  ['{"action":"reject"}', /other than a verdict/],
  ['{"error":"overloaded"}', /overloaded/],
] as const)
  test(`${text} is not a verdict`, () => assert.throws(() => verdictOf(text), unavailable(why)))

test('the symbols with the highest scores are reported', () => {
  const symbols = Object.fromEntries([
    ...Array.from({ length: 10 }, (_, index) => [`S${index}`, { score: index }]),
    ['GOOD', { score: -5 }],
    ['GTUBE', { score: 0 }],
    ['BROKEN', null],
  ]) as Record<string, unknown>
  const verdict = verdictOf(JSON.stringify({ ...GOOD, symbols }))
  assert.ok(verdict.kind === 'rated')
  assert.deepEqual(verdict.symbols, ['S9', 'S8', 'S7', 'S6', 'S5', 'S4', 'S3', 'S2'])
  const test = verdictOf(JSON.stringify({ ...GOOD, symbols: { GTUBE: { score: 0 }, GOOD: { score: -1 } } }))
  assert.deepEqual(test.kind === 'rated' && test.symbols, ['GTUBE'])
})
