import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import { DAY_MS } from '@postrider/time/day'

/** A certificate from a local CA. PEM texts. */
export interface LocalCertificate {
  /** The CA, which clients must trust. */
  ca: string
  /** The certificate, followed by its CA. */
  cert: string
  key: string
}

/** A CA whose key is kept, so that certificates can be renewed without clients having to trust another CA. PEM texts. */
export interface LocalAuthority {
  ca: string
  key: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** Key usages of a certificate for connections between servers, which present certificates to each other. */
export const BOTH_ENDS = [x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]

/** Creates a CA and a certificate from it for these names (DNS names or IP addresses; the first is the subject). For evaluation and
 * tests; a production platform should have a certificate that its clients already trust. The CA's key is discarded, so no one can
 * create further certificates that those clients would trust. */
export async function makeLocalCertificate(
  names: [string, ...string[]],
  now = Date.now(),
  usages = [x509.ExtendedKeyUsage.serverAuth],
): Promise<LocalCertificate> {
  return issueCertificate(await makeAuthority('Postrider local CA', now), names, now, usages)
}

export async function makeAuthority(name: string, now = Date.now()): Promise<LocalAuthority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name} ${new Date(now).toISOString().slice(0, 10)}`,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(now + 3650 * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  return { ca: `${ca.toString('pem')}\n`, key: await keyText(keys.privateKey) }
}

/** Issues a certificate for these names. Throws when `authority` is not a certificate with its key. */
export async function issueCertificate(
  authority: LocalAuthority,
  names: [string, ...string[]],
  now = Date.now(),
  usages = [x509.ExtendedKeyUsage.serverAuth],
): Promise<LocalCertificate> {
  const ca = new x509.X509Certificate(authority.ca)
  const pkcs8 = x509.PemConverter.decodeFirst(authority.key)
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, false, ['sign'])
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    // A common name is limited to 64 characters; clients check the alternative names.
    subject: `CN=${names[0].slice(0, 64)}`,
    issuer: ca.subject,
    notBefore: new Date(now - DAY_MS),
    // Apple's clients reject a lifetime of more than 825 days.
    notAfter: new Date(now + 820 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        [...new Set(names)].map((value) => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })),
      ),
      new x509.ExtendedKeyUsageExtension(usages),
      await x509.AuthorityKeyIdentifierExtension.create(ca),
    ],
  })
  return {
    ca: authority.ca,
    cert: `${certificate.toString('pem')}\n${ca.toString('pem')}\n`,
    key: await keyText(keys.privateKey),
  }
}

async function keyText(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`
}
