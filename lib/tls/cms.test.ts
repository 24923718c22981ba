import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { needs } from '../../test/support/needs.ts'
import { signCms, UnsuitableKeyError } from './cms.ts'
import { makeLocalCertificate } from './local-certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'postrider-cms-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => join(folder, name)
const content = Buffer.from('<plist>\nü\n</plist>\n')

function verify(): string {
  const files = ['-in', at('signed'), '-CAfile', at('ca.pem'), '-out', at('content')]
  execFileSync('openssl', ['cms', '-verify', '-binary', '-inform', 'DER', '-purpose', 'any', ...files], {
    stdio: 'pipe',
  })
  return readFileSync(at('content'), 'utf8')
}

describe('signed content', { skip: needs('openssl', 'openssl') }, () => {
  test('OpenSSL verifies the content, the chain and the signature of an ECDSA key', async () => {
    const { ca, cert, key } = await makeLocalCertificate(['localhost'])
    writeFileSync(at('ca.pem'), ca)
    const signed = signCms(content, { cert, key })
    writeFileSync(at('signed'), signed)
    assert.equal(verify(), content.toString())
    // One letter of the content is changed.
    const changed = Buffer.from(signed)
    changed[changed.indexOf('plist')] = 0x50
    writeFileSync(at('signed'), changed)
    assert.throws(verify, /[Cc]ommand failed/)
  })

  test('and that of an RSA key', () => {
    const subject = ['-subj', '/CN=localhost', '-days', '2', '-nodes']
    const files = ['-keyout', at('rsa.key'), '-out', at('ca.pem')]
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', ...subject, ...files], { stdio: 'pipe' })
    const [cert, key] = [at('ca.pem'), at('rsa.key')].map((file) => readFileSync(file, 'utf8'))
    writeFileSync(at('signed'), signCms(content, { cert: cert ?? '', key: key ?? '' }))
    assert.equal(verify(), content.toString())
  })
})

test('a key of another type is rejected by name', async () => {
  const { cert } = await makeLocalCertificate(['localhost'])
  const key = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  assert.throws(
    () => signCms(content, { cert, key }),
    (error) => error instanceof UnsuitableKeyError && error.type === 'ed25519',
  )
})
