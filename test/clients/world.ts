import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeLocalCertificate } from '@postrider/tls/local-certificate'
import { writeFileSync } from 'node:fs'
import { startPlatform } from '../support/platform.ts'
import type { TestPlatform } from '../support/platform.ts'
import { freePort } from '../support/ports.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Receiver } from '../support/receiver/receiver.ts'
import { startFront } from './front.ts'
import type { Front, Mode, Session } from './front.ts'
import type { Values } from './guide.ts'
import { isInside } from './namespace.ts'
import { manifest } from '../support/manifest.ts'

/** The host that the guides name. */
export const HOST = 'smtp.example.com'

/** Everything around a client: the platform, what stands before it, and the server that its mail goes to. */
export interface World {
  platform: TestPlatform
  receiver: Receiver
  /** A reader's values; another account's, where its name is given. */
  values(account?: Account): Values
  /** From now on; `from` is the address that the platform sees. */
  watch(mode: Mode, from: string): void
  sessions(): Session[]
  connections(): number
  close(): Promise<void>
}

/** `app` may send as its whole domain; `stranger` is of a domain without allowed senders; `mistaken` has a wrong password. */
export type Account = 'app' | 'stranger' | 'mistaken'

export async function startWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-clients-'))
  const tls = { certificateFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') }
  const caFile = join(folder, 'ca.pem')
  const { ca, cert, key } = await makeLocalCertificate([HOST, 'localhost', '127.0.0.1'])
  writeFileSync(tls.certificateFile, cert)
  writeFileSync(tls.keyFile, key, { mode: 0o600 })
  writeFileSync(caFile, ca)

  const receiver = await startReceiver()
  const platform = await startPlatform({
    platform: { hostName: HOST },
    domain: { domainName: 'your-domain.com', allowedSenders: ['*@your-domain.com'] },
    credential: { address: 'app@your-domain.com' },
    documents: [
      manifest('Domain', 'strict', { domainName: 'strict.example' }),
      manifest('SMTPCredential', 'stranger', { address: 'stranger@strict.example', domainRef: { name: 'strict' } }),
      // So many wrong passwords from one place concern no account that the other runs need.
      manifest('SMTPCredential', 'mistaken', { address: 'mistaken@strict.example', domainRef: { name: 'strict' } }),
    ],
    routeTo: { host: '127.0.0.1', port: receiver.port },
    tls,
  })
  const ports = isInside()
    ? { implicit: 465, starttls: 587 }
    : { implicit: await freePort(), starttls: await freePort() }
  const secrets = { key: readFileSync(tls.keyFile), cert: readFileSync(tls.certificateFile), ca: readFileSync(caFile) }
  const host = '127.0.0.1'
  const fronts: Front[] = [
    await startFront({ host, port: ports.implicit, to: platform.ports.submissions, implicit: true, ...secrets }),
    await startFront({ host, port: ports.starttls, to: platform.ports.submission, implicit: false, ...secrets }),
  ]

  return {
    platform,
    receiver,
    values(account = 'app') {
      const { username, password } = platform.credentialOf(account)
      return {
        host: isInside() ? HOST : 'localhost',
        submissions: ports.implicit,
        submission: ports.starttls,
        username,
        password: account === 'mistaken' ? `not-${password}` : password,
        caFile,
      }
    },
    watch(mode, from) {
      for (const front of fronts) Object.assign(front, { mode, from, sessions: [], connections: 0 })
    },
    sessions: () => fronts.flatMap((front) => front.sessions),
    connections: () => fronts.reduce((sum, front) => sum + front.connections, 0),
    async close() {
      for (const front of fronts) await front.close()
      await platform.stop()
      await receiver.close()
      platform.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
