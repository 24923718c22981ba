import { createPrivateKey } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
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
  /** DKIM keys as they were last read, by `domain/selector`. */
  #sealed = new Map<string, { pem: string; sealed: string }>()
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
    return { verifiers, dkimKeys: this.#dkimKeys(), senders: this.senders.verified() }
  }

  /** Each sealed once for as long as its file says the same: to seal it again would look like a change of the configuration. */
  #dkimKeys(): Map<string, string> {
    const before = this.#sealed
    const sealed: typeof before = new Map()
    for (const file of this.#files('dkim', '.pem')) {
      const domain = basename(dirname(file))
      const selector = basename(file, '.pem')
      const name = `${domain}/${selector}`
      const pem = readFileSync(file, 'utf8')
      const known = before.get(name)
      if (known !== undefined && known.pem !== pem) checkKey(file, pem)
      const one = known?.pem === pem ? known : { pem, sealed: seal(this.#key, dkimPurpose(domain, selector), pem) }
      sealed.set(name, one)
    }
    this.#sealed = sealed
    return new Map(sealed.entries().map(([name, one]) => [name, one.sealed]))
  }

  /** Differs when a DKIM key was added, replaced or deleted. */
  keysFingerprint(): string {
    return this.#files('dkim', '.pem')
      .map((file) => {
        const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 }
        return `${file} ${mtimeMs} ${size}`
      })
      .sort()
      .join('\n')
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

/** A key that was replaced is checked first: signing goes on while one is still being written. Throws what is wrong with it. */
function checkKey(file: string, pem: string): void {
  try {
    createPrivateKey(pem)
  } catch (cause) {
    throw new Error(`${file} is not a private key in PEM`, { cause })
  }
}
