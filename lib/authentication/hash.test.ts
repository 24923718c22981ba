import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BadVerifierError, DUMMY_VERIFIER, hashPassword, parseVerifier, verifyPassword } from './hash.ts'

const SALT = Buffer.from('0123456789abcdef')
const encode = (octets: Buffer): string => octets.toString('base64').replace(/=+$/, '')
const verifier = (cost: string, salt = encode(SALT), hash = encode(Buffer.alloc(32))): string =>
  `$scrypt$${cost}$${salt}$${hash}`

test('a verifier reads as it was made, and its own password fits it', async () => {
  const made = await hashPassword('secret', SALT)
  const { cost, salt } = parseVerifier(made)
  assert.deepEqual([cost, salt], [{ ln: 14, r: 8, p: 1 }, SALT])
  assert.deepEqual([await verifyPassword('secret', made), await verifyPassword('Secret', made)], [true, false])
  assert.notEqual(await hashPassword('secret'), await hashPassword('secret'))
})

test('a verifier made elsewhere fits: the third vector of RFC 7914, 12, its first 32 octets', async () => {
  const verifier = '$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI'
  assert.equal(await verifyPassword('pleaseletmein', verifier), true)
  assert.equal(parseVerifier(verifier).hash.toString('hex').slice(0, 8), '7023bdcb')
})

test('an accent that a keyboard composes is the same letter', async () => {
  const made = await hashPassword('Gr\u00fc\u00dfe', SALT)
  assert.equal(await verifyPassword('Gru\u0308\u00dfe', made), true)
})

test('a verifier that asks for too much work is refused before any is done', () => {
  for (const cost of ['ln=17,r=8,p=1', 'ln=14,r=16,p=4', 'ln=16,r=16,p=2', 'ln=1,r=1,p=1'])
    parseVerifier(verifier(cost))
  for (const cost of [
    'ln=18,r=8,p=1',
    'ln=14,r=17,p=1',
    'ln=14,r=8,p=5',
    // Each within its own bound, and too much together.
    'ln=17,r=16,p=1',
    'ln=17,r=8,p=3',
    'ln=0,r=8,p=1',
    'ln=14,r=0,p=1',
    'ln=14,r=8,p=0',
  ])
    assert.throws(() => parseVerifier(verifier(cost)), BadVerifierError, cost)
})

test('what is not a verifier, or has a salt that a table could have, is refused', () => {
  const good = 'ln=14,r=8,p=1'
  parseVerifier(verifier(good, encode(Buffer.alloc(8))))
  const bad = [
    verifier(good, encode(Buffer.alloc(7))),
    verifier(good, encode(SALT), encode(Buffer.alloc(31))),
    verifier(good, encode(SALT), encode(Buffer.alloc(33))),
    `${verifier(good)}\n`,
    verifier(good).replace('scrypt', 'bcrypt'),
    '',
  ]
  for (const text of bad) assert.throws(() => parseVerifier(text), BadVerifierError, text)
  fc.assert(
    fc.property(fc.string(), (text) => {
      assert.throws(() => parseVerifier(text), BadVerifierError)
    }),
  )
})

test('the verifier of nobody costs as much as a usual one, and no password fits it', async () => {
  assert.deepEqual(parseVerifier(DUMMY_VERIFIER).cost, { ln: 14, r: 8, p: 1 })
  assert.equal(await verifyPassword('', DUMMY_VERIFIER), false)
})
