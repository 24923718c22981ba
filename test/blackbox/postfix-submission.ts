import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '../support/self-signed.ts'
import { needs } from '../support/needs.ts'
import { freePort } from '../support/ports.ts'
import { postfixMissing, startPostfix } from '../support/postfix.ts'
import { startReceiver } from '../support/receiver/receiver.ts'
import type { Service } from './target.ts'

/** Why there can be no Postfix submission service here; false when there can. */
export const postfixSubmissionMissing = (): string | false => postfixMissing() || needs('saslpasswd2', 'sasl2-bin')

export interface RunningService {
  service: Service
  /** PEM of what its certificate is verified by. */
  ca: string
  /** Folder of its state, where the records to publish are. */
  state?: string
  stop(): Promise<void>
}

/** Postfix as Debian's master.cf has its submission and submissions services, with logins from sasldb; all mail goes to a
 * receiver. */
export async function startPostfixSubmission(messageBytes: number): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-sasl-'))
  chmodSync(folder, 0o755)
  const receiver = await startReceiver()
  const { cert, key } = await selfSigned('localhost')
  writeFileSync(join(folder, 'tls.pem'), `${key}\n${cert}\n`)
  const [username, password] = ['app@sender.test', 'a password of some length']
  const database = join(folder, 'sasldb2')
  const arguments_ = ['-p', '-c', '-f', database, '-u', 'sender.test', 'app']
  execFileSync('saslpasswd2', arguments_, { input: password })
  chmodSync(database, 0o644)
  const host = '127.0.0.1'
  const submissions = await freePort()
  const postfix = await startPostfix({
    host,
    hostName: 'mail.sender.test',
    relayTo: receiver,
    services: [`${host}:${submissions} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes`],
    parameters: {
      mynetworks: '',
      message_size_limit: String(messageBytes),
      smtpd_tls_chain_files: join(folder, 'tls.pem'),
      smtpd_tls_security_level: 'encrypt',
      smtpd_tls_auth_only: 'yes',
      smtpd_sasl_auth_enable: 'yes',
      smtpd_relay_restrictions: 'permit_sasl_authenticated, reject',
      smtpd_recipient_restrictions: 'permit_sasl_authenticated, reject',
    },
  })
  // Debian's Postfix looks for it there, whatever cyrus_sasl_config_path says; each smtpd reads it when it starts.
  mkdirSync(join(postfix.folder, 'etc', 'sasl'))
  writeFileSync(
    join(postfix.folder, 'etc', 'sasl', 'smtpd.conf'),
    `pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: ${database}\nmech_list: PLAIN LOGIN\n`,
  )
  return {
    service: { name: 'Postfix', host, submissions, submission: postfix.port, username, password, receiver },
    ca: cert,
    async stop() {
      await postfix.stop()
      await receiver.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
