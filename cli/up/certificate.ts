import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

export interface LocalCertificate {
  /** What clients are to trust. */
  caFile: string
  certFile: string
  keyFile: string
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const DAY_MS = 86_400_000

/** Makes, once a state folder, a CA of its own and a certificate for the host name and loopback. For trying out and for tests:
 * a platform that others use gets a certificate its clients trust already. */
export async function ensureLocalCertificate(folder: string, hostName: string): Promise<LocalCertificate> {
  const files = {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, `${hostName}.pem`),
    keyFile: join(folder, `${hostName}.key`),
  }
  // The certificate is written last: when it is there, the others are.
  if (existsSync(files.certFile)) return files
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const caKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=Postrider local CA ${new Date().toISOString().slice(0, 10)}`,
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 3650 * DAY_MS),
    keys: caKeys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  })
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${hostName}`,
    issuer: ca.subject,
    notBefore: new Date(Date.now() - DAY_MS),
    // Apple's clients refuse more than 825 days.
    notAfter: new Date(Date.now() + 820 * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: hostName },
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(ca),
    ],
  })
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  // The CA's key is not kept: nobody can make further certificates that the clients would trust.
  await writeFile(files.caFile, `${ca.toString('pem')}\n`)
  await writeFile(files.keyFile, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') + '\n', { mode: 0o600 })
  await writeFile(files.certFile, `${certificate.toString('pem')}\n${ca.toString('pem')}\n`)
  return files
}
