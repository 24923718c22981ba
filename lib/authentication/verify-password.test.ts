import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BadVerifierError, hashPassword, DUMMY_VERIFIER, parseVerifier, verifyPassword } from './hash.ts'
import { generatePassword } from './password.ts'
import { createFairQueue, TooManyLoginsError } from './turns.ts'
import { createVerdicts } from './verdict-cache.ts'

test('a password matches its own verifier and no other', async () => {
  const verifier = await hashPassword('correct horse')
  assert.equal(await verifyPassword('correct horse', verifier), true)
  assert.equal(await verifyPassword('correct horsf', verifier), false)
  assert.notEqual(await hashPassword('correct horse'), verifier)
  assert.equal(await verifyPassword('', DUMMY_VERIFIER), false)
  assert.deepEqual(parseVerifier(DUMMY_VERIFIER).cost, parseVerifier(verifier).cost)
})

test('a verifier made elsewhere matches: the first 32 octets of the third test vector in RFC 7914, 12', async () => {
  const verifier = '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'
  assert.equal(await verifyPassword('pleaseletmein', verifier), true)
  assert.equal(parseVerifier(verifier).hash.toString('hex').slice(0, 8), '7023bdcb')
})

test('the same password in composed and decomposed letters is the same password', async () => {
  assert.equal(await verifyPassword('u\u0308ber', await hashPassword('\u00fcber')), true)
})

test('a verifier with too high a cost, or a malformed one, is rejected', () => {
  const salt = 'A'.repeat(22)
  const hash = 'A'.repeat(43)
  const bad = [
    '',
    '$2b$10$abcdefghijklmnopqrstuv',
    `$scrypt$ln=18,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=17,r=16,p=1$${salt}$${hash}`,
    `$scrypt$ln=17,r=8,p=4$${salt}$${hash}`,
    `$scrypt$ln=0,r=8,p=1$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=0$${salt}$${hash}`,
    `$scrypt$ln=14,r=8,p=1$AAAA$${hash}`,
    `$scrypt$ln=14,r=8,p=1$${salt}$AAAA`,
  ]
  for (const verifier of bad) assert.throws(() => parseVerifier(verifier), BadVerifierError, verifier)
  assert.deepEqual(parseVerifier(`$scrypt$ln=17,r=8,p=2$${salt}$${hash}`).cost, { ln: 17, r: 8, p: 2 })
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => parseVerifier(text), BadVerifierError)
    }),
  )
})

test('generated passwords need no quoting and differ', () => {
  const passwords = new Set(Array.from({ length: 500 }, () => generatePassword()))
  assert.equal(passwords.size, 500)
  for (const password of passwords) assert.match(password, /^[A-Za-z0-9]{24}$/)
})

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

test('no more than the allowed number of checks run at once, and checks beyond a full line are rejected', async () => {
  const inTurn = createFairQueue(2, 5)
  let running = 0
  let most = 0
  const order: number[] = []
  const task = (name: number) =>
    inTurn(async () => {
      most = Math.max(most, ++running)
      await new Promise(setImmediate)
      running--
      order.push(name)
      if (name === 3) throw new Error('a task may fail')
      if (name < 3) arriveLater(name)
    })
  // Some of them arrive at the moment at which a place is handed over.
  const arriveLater = (name: number) => {
    let soon = Promise.resolve()
    for (let steps = 1; steps <= 6; steps++) {
      soon = soon.then(() => void task(name * 100 + 100 + steps).catch(() => undefined))
    }
  }
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5, 6, 7, 8].map(task))
  assert.equal(most, 2)
  assert.deepEqual(order.slice(0, 7), [0, 1, 2, 3, 4, 5, 6])
  const rejected = results.filter(
    (result) => result.status === 'rejected' && result.reason instanceof TooManyLoginsError,
  )
  assert.equal(rejected.length, 2)
})
