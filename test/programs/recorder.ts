import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import type { RunningService } from '../blackbox/postfix-submission.ts'
import { startFront } from '../clients/front.ts'
import { freePort } from '../support/ports.ts'
import type { Recorded } from './try-program.ts'

export interface Recorder {
  /** Puts a recorder before a service. */
  before(running: RunningService): Promise<Recorded>
  close(): Promise<void>
}

/** Makes the certificate that programs see. */
export async function createRecorder(): Promise<Recorder> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-programs-'))
  const { ca, cert, key } = await makeLocalCertificate(['localhost', '127.0.0.1'])
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, ca)
  const own = { key: Buffer.from(key), cert: Buffer.from(cert) }
  const open: Recorded[] = []
  return {
    async before({ service, ca: theirs }) {
      const port = await freePort()
      const to = service.submissions
      const front = await startFront({ host: '127.0.0.1', port, to, implicit: true, ...own, ca: Buffer.from(theirs) })
      front.mode = 'record'
      const recorded = { service, front, port, caFile }
      open.push(recorded)
      return recorded
    },
    async close() {
      for (const { front } of open) await front.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
