import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { accepts } from '../support/accepts.ts'
import { freePort } from '../support/ports.ts'
import { untilReady } from '../support/eventually.ts'

const OPENDKIM = '/usr/sbin/opendkim'

export function opendkimMissing(): string | false {
  return existsSync(OPENDKIM) ? false : 'needs the Debian package opendkim'
}

/** OpenDKIM as a milter that signs what comes from loopback: RSA-2048, relaxed/relaxed, its defaults otherwise. */
export async function startOpendkim(domain: string): Promise<{ port: number; pid: number; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-opendkim-'))
  const port = await freePort()
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  writeFileSync(join(folder, 'key.pem'), key.export({ type: 'pkcs1', format: 'pem' }))
  chmodSync(join(folder, 'key.pem'), 0o600)
  writeFileSync(
    join(folder, 'conf'),
    [
      'Mode s',
      `Domain ${domain}`,
      'Selector bench',
      `KeyFile ${folder}/key.pem`,
      'Canonicalization relaxed/relaxed',
      'SignatureAlgorithm rsa-sha256',
      `Socket inet:${port}@127.0.0.1`,
      'InternalHosts 127.0.0.1',
      'Background no',
      'Syslog no',
      'RequireSafeKeys no',
      '',
    ].join('\n'),
  )
  const child = spawn(OPENDKIM, ['-f', '-x', join(folder, 'conf')], { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  await untilReady('OpenDKIM', child, () => accepts(port), { withinMs: 20_000 })
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
