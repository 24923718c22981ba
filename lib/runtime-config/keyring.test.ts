import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { before, test } from 'node:test'
import { generateDkimKey } from '@postrider/mail/dkim-keys'
import { NotSealedError, dkimPurpose, seal } from '@postrider/secrets/seal'
import { collected } from '../../test/support/collected.ts'
import type { DomainConfig } from './config.ts'
import { createKeyring } from './keyring.ts'

const PLATFORM_KEY = randomBytes(32)
let pems: string[] = []
before(async () => {
  pems = await Promise.all([generateDkimKey('ed25519-sha256'), generateDkimKey('ed25519-sha256')])
})

/** A domain of the configuration, with one key. */
const domainWith = (pem: string | undefined, purpose = dkimPurpose('sender.test', 's1')): DomainConfig => {
  const dkim = [{ selector: 's1', algorithm: 'ed25519-sha256', sealedKey: seal(PLATFORM_KEY, purpose, pem ?? '') }]
  return { name: 'sender.test', dkim } as unknown as DomainConfig
}

const pemOf = (keysOf: ReturnType<typeof createKeyring>, domain: DomainConfig) =>
  keysOf(domain)[0]?.privateKey.export({ type: 'pkcs8', format: 'pem' })

test("a domain's keys are unsealed once", () => {
  const keysOf = createKeyring(PLATFORM_KEY)
  const domain = domainWith(pems[0])
  assert.equal(pemOf(keysOf, domain), pems[0])
  assert.equal(keysOf(domain), keysOf(domain))
  assert.deepEqual([keysOf(domain)[0]?.domain, keysOf(domain)[0]?.selector], ['sender.test', 's1'])
})

test('a key that was replaced under the same selector is the one that signs', () => {
  const keysOf = createKeyring(PLATFORM_KEY)
  assert.equal(pemOf(keysOf, domainWith(pems[0])), pems[0])
  assert.equal(pemOf(keysOf, domainWith(pems[1])), pems[1])
})

test('the private keys of a domain that was deleted leave memory', async () => {
  const keysOf = createKeyring(PLATFORM_KEY)
  const configuration = new Map([['sender.test', domainWith(pems[0])]])
  const open = (): WeakRef<object> => {
    const domain = configuration.get('sender.test')
    assert.ok(domain !== undefined)
    const [key] = keysOf(domain)
    assert.ok(key !== undefined)
    return new WeakRef(key)
  }
  const key = open()
  configuration.delete('sender.test')
  await collected(key)
  // The keyring itself is still in use.
  assert.equal(pemOf(keysOf, domainWith(pems[1])), pems[1])
})

test('a key that was sealed for another selector cannot be unsealed', () => {
  const domain = domainWith(pems[0], dkimPurpose('sender.test', 'other'))
  assert.throws(() => createKeyring(PLATFORM_KEY)(domain), NotSealedError)
})
