import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemError } from './problem.ts'
import { createRouter } from './router.ts'
import type { Route } from './router.ts'

const route = (method: Route['method'], path: string, reach: Route['reach'] = 'Anywhere'): Route => ({
  method,
  path,
  reach,
  handle: () => ({ status: 200, headers: {}, body: '' }),
})
const find = createRouter([
  route('GET', '/v1/limits', 'HTTPS'),
  route('GET', '/mail/config.xml'),
  route('POST', '/mail/config.xml'),
  route('GET', '/below/*'),
  route('GET', '/below/own'),
])

const asked = (method: string, path: string, secure = true): string => {
  try {
    const found = find({ method, path, secure })
    return `${found.method} ${found.path}`
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return [error.status, error.headers['allow']].join(' ').trim()
  }
}

test('a path is found however a mail program spells it', () => {
  for (const path of ['/mail/config.xml', '/Mail//Config.XML', '//mail/config.xml/'])
    assert.equal(asked('GET', path), 'GET /mail/config.xml', path)
  assert.equal(asked('POST', '/mail/config.xml'), 'POST /mail/config.xml')
})

test('HEAD is answered as GET, and what a path does not know is refused with what it does', () => {
  assert.equal(asked('HEAD', '/v1/limits'), 'GET /v1/limits')
  assert.equal(asked('POST', '/v1/limits'), '405 GET, HEAD')
  assert.equal(asked('DELETE', '/mail/config.xml'), '405 GET, HEAD, POST')
})

test('a path that is written out goes before one that stands for all below', () => {
  assert.equal(asked('GET', '/below/own'), 'GET /below/own')
  assert.equal(asked('GET', '/below/any/thing'), 'GET /below/*')
  assert.deepEqual([asked('GET', '/below'), asked('GET', '/belowx'), asked('GET', '/')], ['404', '404', '404'])
})

test('what takes a password is kept to TLS', () => {
  assert.equal(asked('GET', '/v1/limits', false), '403')
  assert.equal(asked('GET', '/mail/config.xml', false), 'GET /mail/config.xml')
})
