import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BadVerifierError, DUMMY_VERIFIER } from './hash.ts'
import { createVerdicts } from './verdict-cache.ts'

test('a right password is checked once while its verifiers stay the same', async () => {
  let at = 0
  const checked: string[] = []
  const verify = async (password: string, verifier: string) => {
    checked.push(verifier)
    return `verifier of ${password}` === verifier
  }
  const verdicts = createVerdicts({ now: () => at, verify, rememberedMs: 1000, maxRemembered: 2 })
  const check = (password: string, ...verifiers: string[]) => verdicts.check('a@example.org', password, verifiers)

  assert.equal(await check('one', 'verifier of one'), true)
  assert.equal(await check('one', 'verifier of one'), true)
  assert.equal(checked.length, 1)
  assert.equal(await verdicts.check('b@example.org', 'one', ['verifier of one']), true)
  assert.equal(checked.length, 2, 'another login is another verdict')
  assert.equal(await check('one', 'verifier of two'), false, 'the password was changed')
  assert.equal(await check('one'), false, 'the credential is gone')
  assert.equal(checked.at(-1), DUMMY_VERIFIER)
  at = 1000
  checked.length = 0
  assert.equal(await check('one', 'verifier of two', 'verifier of one'), true, 'a rotation overlaps')
  assert.equal(await check('one', 'verifier of one'), true)
  assert.deepEqual(checked, ['verifier of two', 'verifier of one', 'verifier of one'])
})

test('the number of remembered passwords is bounded, and the oldest are dropped first', async () => {
  let runs = 0
  const verify = async () => ++runs > 0
  const verdicts = createVerdicts({ verify, maxRemembered: 2 })
  for (const password of ['1', '2', '3']) await verdicts.check('a@example.org', password, ['v'])
  await verdicts.check('a@example.org', '3', ['v'])
  await verdicts.check('a@example.org', '2', ['v'])
  assert.equal(runs, 3)
  await verdicts.check('a@example.org', '1', ['v'])
  assert.equal(runs, 4)
})

test('many connections with one password cost one check, and a check that fails is not kept', async () => {
  let runs = 0
  const verify = async () => {
    runs++
    await new Promise(setImmediate)
    if (runs === 1) throw new BadVerifierError('broken')
    return true
  }
  const verdicts = createVerdicts({ verify })
  const all = () => Promise.allSettled([1, 2, 3].map(() => verdicts.check('a@example.org', 'p', ['v'])))
  assert.ok((await all()).every(({ status }) => status === 'rejected'))
  assert.ok((await all()).every((result) => result.status === 'fulfilled' && result.value))
  assert.equal(runs, 2)
})

test('a client that is blocked while it waits causes no hash, and does not prevent the check of the same password for another client', async () => {
  const asked: string[] = []
  const verify = async (password: string): Promise<boolean> => {
    await new Promise((resolve) => setImmediate(resolve))
    asked.push(password)
    return password === 'right'
  }
  const verdicts = createVerdicts({ verify, maxRunning: 1 })
  const checkAllowed = (): void => {
    if (asked.length > 0) throw new Error('blocked')
  }
  const guesser = { key: 'guesser', first: false, checkAllowed }
  const guesses = ['first', 'second', 'right'].map((guess) => verdicts.check('a@x.test', guess, ['v'], guesser))
  const owner = verdicts.check('a@x.test', 'right', ['v'], { key: 'owner', first: true })
  const results = await Promise.allSettled([...guesses, owner])
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : 'refused')),
    [false, 'refused', 'refused', true],
  )
  assert.deepEqual(asked, ['first', 'right'])
})

test('a wrong password is remembered too, apart from the right ones, and both are forgotten with time', async () => {
  let at = 0
  let runs = 0
  const verify = (password: string) => Promise.resolve(++runs > 0 && password === 'right')
  const verdicts = createVerdicts({ now: () => at, verify, rememberedMs: 1000, maxRemembered: 1 })
  const of = (password: string) => [verdicts.remembered('a@x.test', password, ['v']), runs]
  assert.deepEqual(of('right'), [undefined, 0])
  await verdicts.check('a@x.test', 'right', ['v'])
  await verdicts.check('a@x.test', 'wrong', ['v'])
  await verdicts.check('a@x.test', 'wrong', ['v'])
  assert.deepEqual(
    [of('right'), of('wrong')],
    [
      [true, 2],
      [false, 2],
    ],
  )
  at = 999
  assert.deepEqual(of('right'), [true, 2])
  at = 1000
  assert.deepEqual(
    [of('right'), of('wrong')],
    [
      [undefined, 2],
      [undefined, 2],
    ],
  )
})
