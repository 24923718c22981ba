import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoginBlockedError } from '@postrider/authentication/login'
import { TooManyLoginsError } from '@postrider/authentication/verdict-cache'
import { RefusalError } from '@postrider/smtp/refusal'
import { refused } from '../../../test/support/refusal.ts'
import { checkPlain, createAuthenticator } from './authenticate.ts'

const reply = async (login: () => Promise<string | undefined>): Promise<string> => {
  try {
    return await createAuthenticator(login)('a', 'b', '192.0.2.1')
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error
    return `${error.responseCode} ${error.status}`
  }
}

test('a login is answered with its address, or a refusal that fits', async () => {
  assert.equal(await reply(() => Promise.resolve('app@sender.test')), 'app@sender.test')
  assert.equal(await reply(() => Promise.resolve(undefined)), '535 5.7.8')
  assert.equal(await reply(() => Promise.reject(new LoginBlockedError(5))), '421 4.7.0')
  assert.equal(await reply(() => Promise.reject(new TooManyLoginsError('9'))), '454 4.7.0')
  await assert.rejects(
    reply(() => Promise.reject(new TypeError('a fault'))),
    TypeError,
  )
})

test('nobody acts as somebody else (RFC 4616)', () => {
  const logins = new Map([
    ['app@sender.test', {}],
    ['b@sender.test', {}],
  ])
  const plain = (authcid: string | undefined, authzid?: string) =>
    refused(() =>
      checkPlain({ ...(authcid !== undefined && { authcid }), ...(authzid !== undefined && { authzid }) }, logins),
    )
  assert.deepEqual(
    [plain('app@sender.test'), plain('app@sender.test', ''), plain('app@sender.test', 'App@Sender.test')],
    ['ok', 'ok', 'ok'],
  )
  assert.equal(plain('app@sender.test', 'b@sender.test'), '535 5.7.8')
  assert.deepEqual([plain(''), plain(undefined, 'b@sender.test')], ['501 5.5.2', '501 5.5.2'])
})
