import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DAY_MS } from '@postrider/time/day'
import type { ServerTls } from '../nats-server/server-config.ts'
import { writeSafely } from '../provider/write-safely.ts'
import { BOTH_ENDS, makeLocalCertificate } from '@postrider/tls/local-certificate'

/** A certificate that expires sooner is replaced at the next start. Milliseconds. */
const MIN_LEFT_MS = 400 * DAY_MS

/** The CA and the certificate with which the servers of a broker authenticate each other. Both are recreated at a start if little validity
 * is left; all servers run on this machine, so they all start with the new ones. The CA's key is not kept. `now` in milliseconds since the
 * epoch. */
export async function ensureRouteCertificate(folder: string, now = Date.now()): Promise<ServerTls> {
  const files = {
    caFile: join(folder, 'ca.pem'),
    certFile: join(folder, 'server.pem'),
    keyFile: join(folder, 'server.key'),
  }
  if (existsSync(files.certFile) && endOf(files.certFile) > now + MIN_LEFT_MS) return files
  const { ca, cert, key } = await makeLocalCertificate(['localhost', '127.0.0.1'], now, BOTH_ENDS)
  await writeSafely(files.caFile, ca)
  await writeSafely(files.keyFile, key)
  // The certificate is written last: if it exists, the other files exist as well.
  await writeSafely(files.certFile, cert)
  return files
}

const endOf = (certFile: string): number => Date.parse(new X509Certificate(readFileSync(certFile)).validTo)
