import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { dkimRecord, generateDkimKey } from '@postrider/mail/dkim-keys'
import type { DkimAlgorithm } from '@postrider/mail/dkim-keys'
import { hashPassword } from '@postrider/authentication/hash'
import { generatePassword } from '@postrider/authentication/password'
import type { Deployment } from '@postrider/plan/deployment'
import type { Observed, Wanted } from '@postrider/plan/observed'
import { dkimPurpose, seal } from '@postrider/secrets/seal'
import { SenderState } from './sender-state.ts'
import { writeSafely } from './write-safely.ts'

/** What a client needs to know, as the Secret of a credential holds it in Kubernetes. */
export interface CredentialFile {
  host: string
  portImplicitTLS: string
  portSTARTTLS: string
  username: string
  password: string
  uri: string
  /** Verifier of the password. */
  hash: string
}

/** Things that are made once for a plan and kept in the state folder. */
export class StateFolder {
  readonly #folder: string
  readonly #key: Buffer
  readonly senders: SenderState

  constructor(folder: string, key: Buffer) {
    this.#folder = folder
    this.#key = key
    this.senders = new SenderState(folder, key)
  }

  observe(): Observed {
    const verifiers = new Map<string, string[]>()
    for (const file of this.#files('credentials', '.json')) {
      const { hash } = JSON.parse(readFileSync(file, 'utf8')) as CredentialFile
      verifiers.set(basename(file, '.json').replace('.', '/'), [hash])
    }
    const dkimKeys = new Map<string, string>()
    for (const file of this.#files('dkim', '.pem')) {
      const domain = basename(dirname(file))
      const selector = basename(file, '.pem')
      // Sealed afresh each time it is read: stable within a process, which is what keeps a republish from being a change.
      dkimKeys.set(`${domain}/${selector}`, this.#sealed(domain, selector, readFileSync(file, 'utf8')))
    }
    return { verifiers, dkimKeys, senders: this.senders.verified() }
  }

  readonly #sealedKeys = new Map<string, string>()

  #sealed(domain: string, selector: string, pem: string): string {
    const name = `${domain}/${selector}`
    const found = this.#sealedKeys.get(name) ?? seal(this.#key, dkimPurpose(domain, selector), pem)
    this.#sealedKeys.set(name, found)
    return found
  }

  /** Makes what the plan wants, on disk when it resolves. */
  async make(wanted: Wanted, hostName: string, { ingress }: Deployment): Promise<void> {
    if (wanted.thing === 'dkim-key') return this.#makeKey(wanted)
    const { namespace, name, spec } = wanted.credential
    const password = generatePassword()
    const portOf = (kind: string): string =>
      String(ingress.settings.listeners.find((listener) => listener.kind === kind)?.port ?? '')
    const content: CredentialFile = {
      host: hostName,
      portImplicitTLS: portOf('submissions'),
      portSTARTTLS: portOf('submission'),
      username: spec.address,
      password,
      uri: `smtps://${encodeURIComponent(spec.address)}:${encodeURIComponent(password)}@${hostName}:${portOf('submissions')}`,
      hash: await hashPassword(password),
    }
    await writeSafely(
      join(this.#folder, 'credentials', `${namespace}.${name}.json`),
      `${JSON.stringify(content, null, 2)}\n`,
    )
  }

  /** All credentials that were made here. */
  credentials(): CredentialFile[] {
    return this.#files('credentials', '.json').map((file) => JSON.parse(readFileSync(file, 'utf8')) as CredentialFile)
  }

  async #makeKey({
    domain,
    selector,
    algorithm,
  }: {
    domain: string
    selector: string
    algorithm: DkimAlgorithm
  }): Promise<void> {
    const pem = await generateDkimKey(algorithm)
    await writeSafely(join(this.#folder, 'dkim', domain, `${selector}.pem`), pem)
    const record = dkimRecord(domain, selector, algorithm, pem)
    await writeSafely(
      join(this.#folder, 'dns', domain, `${selector}.json`),
      `${JSON.stringify({ type: 'TXT', ...record }, null, 2)}\n`,
    )
  }

  #files(folder: string, ending: string): string[] {
    const path = join(this.#folder, folder)
    if (!existsSync(path)) return []
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
      .map((entry) => join(entry.parentPath, entry.name))
  }
}
