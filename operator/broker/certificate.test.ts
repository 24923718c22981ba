import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { brokerCertificate, brokerCertificateSecret, readBrokerCertificate } from './certificate.ts'

const HOSTS = ['rel-nats-0.rel-nats-servers.mail.svc', 'rel-nats-1.rel-nats-servers.mail.svc']
const DAY_MS = 86_400_000
const NOW = Date.parse('2026-11-27T00:00:00Z')

test('a certificate stays until its end is near or there are more servers, and its CA stays longer', async () => {
  const first = await brokerCertificate(HOSTS, undefined, NOW)
  const ca = new X509Certificate(first.ca)
  const certificate = new X509Certificate(first.cert)
  assert.ok(certificate.verify(ca.publicKey))
  for (const host of HOSTS) assert.equal(certificate.checkHost(host), host)
  // Servers present it to each other, so it is valid for both roles.
  assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'])
  const kept = readBrokerCertificate(brokerCertificateSecret('mail', 'rel-broker-tls', first))
  assert.deepEqual(kept, first)
  assert.equal(await brokerCertificate(HOSTS, kept, NOW + 700 * DAY_MS), kept)

  const renewed = await brokerCertificate(HOSTS, kept, NOW + 790 * DAY_MS)
  assert.notEqual(renewed.cert, first.cert)
  assert.equal(renewed.ca, first.ca)
  assert.ok(new X509Certificate(renewed.cert).verify(ca.publicKey))

  const more = await brokerCertificate([...HOSTS, 'rel-nats-2.rel-nats-servers.mail.svc'], kept, NOW)
  assert.equal(more.ca, first.ca)
  assert.notEqual(more.cert, first.cert)
})

test('what is not a certificate, and a CA with another key, are made again', async () => {
  const [one, other] = [await brokerCertificate(HOSTS, undefined, NOW), await brokerCertificate(HOSTS, undefined, NOW)]
  for (const bad of [
    { ...one, cert: 'nonsense' },
    { ...one, cert: 'nonsense', ca: 'nonsense' },
    { ...one, cert: 'nonsense', caKey: 'nonsense' },
  ]) {
    const made = await brokerCertificate(HOSTS, bad, NOW)
    assert.ok(new X509Certificate(made.cert).verify(new X509Certificate(made.ca).publicKey))
  }
  const mixed = await brokerCertificate(HOSTS, { ...one, cert: 'nonsense', caKey: other.caKey }, NOW)
  assert.ok(new X509Certificate(mixed.cert).verify(new X509Certificate(mixed.ca).publicKey))
})
