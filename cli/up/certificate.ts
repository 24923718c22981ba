import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'

export interface LocalCertificateFiles {
  /** What clients are to trust. */
  caFile: string
  certFile: string
  keyFile: string
}

/** Makes, once a state folder, a CA of its own and a certificate for the host name and loopback. */
export async function ensureLocalCertificate(folder: string, hostName: string): Promise<LocalCertificateFiles> {
  const files = {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, `${hostName}.pem`),
    keyFile: join(folder, `${hostName}.key`),
  }
  // The certificate is written last: when it is there, the others are.
  if (existsSync(files.certFile)) return files
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { ca, cert, key } = await makeLocalCertificate([hostName, 'localhost', '127.0.0.1', '::1'])
  await writeFile(files.caFile, ca)
  await writeFile(files.keyFile, key, { mode: 0o600 })
  await writeFile(files.certFile, cert)
  return files
}
