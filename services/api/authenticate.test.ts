import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginBlockedError } from '@postrider/authentication/login'
import type { Login } from '@postrider/authentication/login'
import { TooManyLoginsError } from '@postrider/authentication/verdict-cache'
import { runtimeConfig } from '../../test/support/runtime-config.ts'
import { authenticate } from './authenticate.ts'
import type { Context } from './context.ts'
import { ProblemError } from './problem.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

async function asked(authorization: string | undefined, login: Login): Promise<string> {
  const context = { config: () => runtimeConfig(), login } as unknown as Context
  try {
    return (await authenticate({ authorization, remoteAddress: '192.0.2.1' }, context)).address
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return [error.status, error.headers['retry-after']].join(' ').trim()
  }
}
const right: Login = (username, password) => Promise.resolve(password === 'pass:word ü' ? username : undefined)

test('the user name ends at the first colon, and the password is UTF-8 (RFC 7617)', async () => {
  assert.equal(await asked(basic('app@sender.test:pass:word ü'), right), 'app@sender.test')
  assert.equal(await asked(basic('app@sender.test:pass:word ü').replace('Basic', 'basic '), right), 'app@sender.test')
})

test('no login, a wrong one, and one whose credential is gone are answered alike', async () => {
  assert.equal(await asked(basic('app@sender.test:wrong'), right), '401')
  assert.equal(await asked(basic('gone@sender.test:pass:word ü'), right), '401')
  const unread = () => assert.fail('the password was looked at')
  for (const none of [undefined, '', 'Bearer x', 'Basic', 'Basic ?', basic('no colon')])
    assert.equal(await asked(none, unread), '401', none)
})

test('who is blocked, or one too many, hears when to come back', async () => {
  assert.equal(await asked(basic('a:b'), () => Promise.reject(new LoginBlockedError(1500))), '429 2')
  assert.equal(await asked(basic('a:b'), () => Promise.reject(new TooManyLoginsError('9'))), '503 5')
  await assert.rejects(
    asked(basic('a:b'), () => Promise.reject(new TypeError('a fault'))),
    TypeError,
  )
})
