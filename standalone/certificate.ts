import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { CertificateFilesPlan } from '@postrider/plan/certificates'
import type { Plan } from '@postrider/plan/plan'
import { readCertificate, readClientCa } from '@postrider/tls/certificate'
import type { CertificatePaths, CertificateSources } from '@postrider/tls/certificates'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'

export interface ChosenCertificates {
  certificates: CertificateSources
  /** The CA that clients must trust; only with a local certificate. */
  caFile?: string
}

/** Checks the configured certificates before anything starts. Without a configured first one, uses a local certificate. Rejects with
 * BadCertificateError. */
export async function chooseCertificates({ deployment, config }: Plan, state: string): Promise<ChosenCertificates> {
  const { first: given, further: others, clientCaFile } = deployment.certificates
  if (clientCaFile !== undefined) readClientCa(clientCaFile)
  const more = {
    further: others.map(checked),
    ...(clientCaFile === undefined ? {} : { clientCaFile: resolve(clientCaFile) }),
  }
  if (given !== undefined) return { certificates: { first: checked(given), ...more } }
  const { caFile, ...first } = await ensureLocalCertificate(join(state, 'tls'), config.platform.hostName)
  return { certificates: { first, ...more }, caFile }
}

function checked({ certificateFile, keyFile }: CertificateFilesPlan): CertificatePaths {
  readCertificate(certificateFile, keyFile)
  return { certFile: resolve(certificateFile), keyFile: resolve(keyFile) }
}

/** Creates a CA and a certificate for the host name and loopback, once for each state folder and host name. */
async function ensureLocalCertificate(
  folder: string,
  hostName: string,
): Promise<CertificatePaths & { caFile: string }> {
  const files = {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, `${hostName}.pem`),
    keyFile: join(folder, `${hostName}.key`),
  }
  // The certificate is written last: if it exists, the other files exist as well.
  if (existsSync(files.certFile)) return files
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const { ca, cert, key } = await makeLocalCertificate([hostName, 'localhost', '127.0.0.1', '::1'])
  await writeFile(files.caFile, ca)
  await writeFile(files.keyFile, key, { mode: 0o600 })
  await writeFile(files.certFile, cert)
  return files
}
