import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { DomainConfig } from './config.ts'
import { NotSealedError } from '@postrider/secrets/seal'
import { platformSigningDomain, signPlatformMail, signingDomain } from './signing.ts'

const domain = (name: string, keys = 1): DomainConfig =>
  ({
    name,
    dkim: Array.from({ length: keys }, () => ({ selector: 's', algorithm: 'rsa-sha256', sealedKey: '' })),
  }) as unknown as DomainConfig
const domains = new Map(
  [domain('shop.example'), domain('other.example'), domain('bare.example', 0)].map((entry) => [entry.name, entry]),
)
const shop = domain('shop.example')

test('mail is signed for the domain of its From address if the platform has its keys, otherwise for the submitter’s', () => {
  const signs = (...from: string[]): string => signingDomain(domains, from, shop).name
  assert.equal(signs('app@shop.example'), 'shop.example')
  assert.equal(signs('kim@OTHER.example'), 'other.example')
  assert.equal(signs('kim@bare.example'), 'shop.example', 'a domain without keys')
  assert.equal(signs('kim@elsewhere.test'), 'shop.example')
  assert.equal(signs('kim@mail.other.example'), 'shop.example', 'a name below a Domain is not that Domain')
  assert.equal(signs(), 'shop.example')
})

test('the platform’s own mail is signed for its domain, or the nearest above it', () => {
  const signs = (from: string): string | undefined => platformSigningDomain(domains, from)?.name
  assert.equal(signs('MAILER-DAEMON@mail.shop.example'), 'shop.example')
  assert.equal(signs('Mail System <postmaster@other.example>'), 'other.example')
  assert.equal(signs('MAILER-DAEMON@mail.bare.example'), undefined)
  assert.equal(signs('MAILER-DAEMON@mail.elsewhere.test'), undefined)
  assert.equal(signs(''), undefined)
})

test('the signature comes before the content, which is unchanged', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keysOf = ({ name }: DomainConfig) => [
    { domain: name, selector: 's', algorithm: 'rsa-sha256' as const, privateKey },
  ]
  const content = Buffer.from('From: MAILER-DAEMON@mail.shop.example\r\nSubject: x\r\n\r\nbody\r\n')
  const signed = await signPlatformMail(content, 'MAILER-DAEMON@mail.shop.example', { domains, keysOf }, 0)
  assert.match(signed.toString(), /^DKIM-Signature: v=1; a=rsa-sha256; .* d=shop\.example;/)
  assert.ok(signed.subarray(-content.length).equals(content))
  const unsigned = await signPlatformMail(content, 'MAILER-DAEMON@mail.elsewhere.test', { domains, keysOf }, 0)
  assert.ok(unsigned.equals(content))
})

test('a key that cannot be unsealed leaves the platform’s own mail unsigned', async () => {
  const keysOf = (): never => {
    throw new NotSealedError('sealed with another platform key')
  }
  const content = Buffer.from('From: MAILER-DAEMON@mail.shop.example\r\n\r\nbody\r\n')
  const sent = await signPlatformMail(content, 'MAILER-DAEMON@mail.shop.example', { domains, keysOf }, 0)
  assert.ok(sent.equals(content))
})
