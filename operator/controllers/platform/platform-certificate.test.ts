import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MailPlatformSpec } from '@postrider/resources/mail-platform'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import { judgeCertificates, wantedCertificates } from './platform-certificate.ts'

const DAY_MS = 86_400_000
const now = Date.parse('2026-11-23T12:00:00Z')
const { cert: pem } = await makeLocalCertificate(['mail.sender.test'], now)

const wanted = (tls?: object) =>
  wantedCertificates({
    kind: 'MailPlatform',
    namespace: 'mail',
    name: 'main',
    origin: '',
    spec: MailPlatformSpec.parse({ hostName: 'mail.sender.test', ingress: { tls } }),
  })
const named = (name: string, found: string | undefined) => ({ name, key: 'tls.crt', meanwhile: 'it waits', pem: found })
const reasonOf = (...found: Parameters<typeof named>[]) =>
  judgeCertificates(
    found.map((one) => named(...one)),
    now,
  ).finding.reason

test('a platform wants its own certificate, or those that are named, and the CA of client certificates', () => {
  const keysOf = (tls?: object) => wanted(tls).map(({ name, key }) => `${name} ${key}`)
  assert.deepEqual(keysOf(), ['main-tls-local tls.crt'])
  const all = { secretName: 'first', further: [{ secretName: 'second' }], clientCA: { secretName: 'clients' } }
  assert.deepEqual(keysOf(all), ['first tls.crt', 'second tls.crt', 'clients ca.crt'])
  assert.equal(new Set(wanted(all).map(({ meanwhile }) => meanwhile)).size, 3)
})

test('certificates are well while each can be read and none is over', () => {
  const { finding, endsAt } = judgeCertificates([named('first', pem)], now)
  assert.deepEqual([finding.type, finding.status, finding.reason], ['CertificateReady', 'True', 'Valid'])
  assert.ok(endsAt !== undefined && endsAt > now)
  assert.ok(finding.message.includes(new Date(endsAt).toISOString()))
})

test('the first certificate that is not well gives the reason', () => {
  assert.equal(reasonOf(['first', pem], ['second', undefined], ['third', 'no PEM']), 'Missing')
  assert.equal(reasonOf(['first', 'no PEM'], ['second', undefined]), 'Unreadable')
  const over = judgeCertificates([named('first', pem)], now + 4000 * DAY_MS)
  assert.deepEqual([over.finding.status, over.finding.reason], ['False', 'Expired'])
  assert.match(over.finding.message, /Secret first/)
  const missing = judgeCertificates([named('first', undefined)], now)
  assert.match(missing.finding.message, /Secret first has no tls\.crt; it waits/)
  assert.equal(missing.endsAt, undefined)
})
