import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { DEFAULT_PROTECTION } from '@postrider/runtime-config/protection'
import { LoginBlockedError, createLogin } from './login.ts'
import type { Login } from './login.ts'
import { createLoginGuard } from './login-guard.ts'
import type { LoginGuard } from './login-guard.ts'
import { createVerdicts } from './verdict-cache.ts'

const HERE = '192.0.2.1'
const APP = 'app@sender.test'

let credentials: Map<string, { passwordHashes: string[] }>
let guard: LoginGuard
let login: Login
/** Each password that was looked at. */
let looked: string[]
let whileLooking: () => void

beforeEach(() => {
  credentials = new Map([[APP, { passwordHashes: ['right'] }]])
  looked = []
  whileLooking = () => undefined
  guard = createLoginGuard(() => ({ ...DEFAULT_PROTECTION, loginFailures: 3, accountFailures: 0 }))
  let now = 0
  login = createLogin({
    credentials: () => credentials,
    guard,
    verdicts: createVerdicts({
      verify: (password, verifier) => {
        looked.push(password)
        whileLooking()
        return Promise.resolve(password === verifier)
      },
    }),
    // Each look at the clock is later than any delay, so that nothing is waited for.
    now: () => (now += 10_000),
  })
})

const fail = async (times: number, address = HERE): Promise<void> => {
  for (let time = 0; time < times; time++) await login(APP, `wrong ${time}`, address)
}

describe('a login', () => {
  test('is by the address of the credential, however it is typed', async () => {
    assert.equal(await login(' App@Sender.TEST ', 'right', HERE), APP)
  })

  test('with a wrong password, or of an unknown user, fails alike and costs a hash each', async () => {
    assert.equal(await login(APP, 'wrong', HERE), undefined)
    assert.equal(await login('nobody@sender.test', 'wrong', HERE), undefined)
    assert.equal(await login('not an address', 'wrong', HERE), undefined)
    assert.equal(looked.length, 3)
  })

  test('ends with its credential, and with the password that was changed', async () => {
    await login(APP, 'right', HERE)
    credentials = new Map([[APP, { passwordHashes: ['another'] }]])
    assert.equal(await login(APP, 'right', HERE), undefined)
    credentials = new Map()
    assert.equal(await login(APP, 'another', HERE), undefined)
  })
})

describe('a network with too many wrong passwords', () => {
  test('is blocked, and its next password is not even looked at', async () => {
    await fail(3)
    await assert.rejects(login(APP, 'right', HERE), LoginBlockedError)
    assert.equal(looked.length, 3)
    assert.equal(await login(APP, 'right', '198.51.100.1'), APP)
  })

  test('does not keep out the owner whose password was right from there', async () => {
    await login(APP, 'right', HERE)
    credentials.set('b@sender.test', { passwordHashes: ['x'] })
    for (let time = 0; time < 3; time++) await login('b@sender.test', `wrong ${time}`, HERE)
    await assert.rejects(login('b@sender.test', 'x', HERE), LoginBlockedError)
    assert.equal(await login(APP, 'right', HERE), APP)
  })

  test('lets in nobody but the owner with the password that was right from there, when the guesses are at his account', async () => {
    credentials.set(APP, { passwordHashes: ['right', 'other'] })
    await login(APP, 'right', HERE)
    await fail(3)
    await assert.rejects(login(APP, 'other', HERE), LoginBlockedError)
    await assert.rejects(login(APP, 'wrong 0', HERE), LoginBlockedError)
    assert.equal(await login(APP, 'right', HERE), APP)
  })

  test('is not one in which a program tries its old password again and again', async () => {
    for (let time = 0; time < 9; time++) await login(APP, 'old password', HERE)
    assert.equal(looked.length, 1)
    assert.equal(await login(APP, 'right', HERE), APP)
  })

  test('gets no answer to a right password that was looked at while the others failed', async () => {
    await fail(2)
    whileLooking = () => {
      whileLooking = () => undefined
      guard.failed({ account: 'other@sender.test', address: HERE })
    }
    await assert.rejects(login(APP, 'right', HERE), LoginBlockedError)
  })
})

test('the refusal tells the whole minutes to wait', () => {
  assert.match(new LoginBlockedError(60_000).text, /in 1 minute$/)
  assert.match(new LoginBlockedError(60_001).text, /in 2 minutes$/)
})
