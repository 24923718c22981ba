import { createPrivateKey, hash } from 'node:crypto'
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

/** The settings of a client, with the same fields as the Secret of a credential in Kubernetes. */
export interface CredentialFile {
  host: string
  portImplicitTLS: string
  portSTARTTLS: string
  username: string
  password: string
  uri: string
  /** The verifier of the password. */
  hash: string
}

/** The state folder: keys, credentials and verifications, which are created once and kept. */
export class StateFolder {
  readonly #folder: string
  readonly #key: Buffer
  /** DKIM keys as last read, by `domain/selector`. */
  #sealed = new Map<string, SealedKey>()
  #badKeys: string[] = []
  readonly senders: SenderState

  constructor(folder: string, key: Buffer) {
    this.#folder = folder
    this.#key = key
    this.senders = new SenderState(folder, key)
  }

  /** The current content of the folder, as the plan needs it. */
  observe(): Observed {
    const verifiers = new Map<string, string[]>()
    for (const file of this.#files('credentials', '.json')) {
      const credential = JSON.parse(readFileSync(file, 'utf8')) as CredentialFile
      verifiers.set(basename(file, '.json').replace('.', '/'), [credential.hash])
    }
    return { verifiers, dkimKeys: this.#dkimKeys(), senders: this.senders.verified() }
  }

  /** The sealed DKIM keys. Each is sealed again only when its file changes, because a new seal looks like a change of the configuration. */
  #dkimKeys(): Map<string, string> {
    const before = this.#sealed
    const sealed: typeof before = new Map()
    this.#badKeys = []
    for (const file of this.#files('dkim', '.pem')) {
      const domain = basename(dirname(file))
      const selector = basename(file, '.pem')
      const name = `${domain}/${selector}`
      const pem = readFileSync(file, 'utf8')
      const known = before.get(name)
      const digest = hash('sha256', pem)
      // A file that is still being written or is not a key must stop neither signing nor other changes.
      const usable = known === undefined || known.digest === digest || isPrivateKey(pem)
      if (!usable) this.#badKeys.push(`${file} is not a private key in PEM; mail is signed with the previous key`)
      const keep = known !== undefined && (known.digest === digest || !usable)
      sealed.set(name, keep ? known : { digest, sealed: seal(this.#key, dkimPurpose(domain, selector), pem) })
    }
    this.#sealed = sealed
    return new Map(sealed.entries().map(([name, one]) => [name, one.sealed]))
  }

  /** The problems with replaced keys at the last call of `observe`. */
  badKeys(): readonly string[] {
    return this.#badKeys
  }

  /** Differs when a DKIM key has been added, replaced or deleted. */
  keysFingerprint(): string {
    return this.#files('dkim', '.pem')
      .map((file) => {
        const { mtimeMs, size } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: 0, size: 0 }
        return `${file} ${mtimeMs} ${size}`
      })
      .sort()
      .join('\n')
  }

  /** Creates a key or credential that the plan needs; on disk when it resolves. */
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

  /** All credentials in the folder. */
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

/** A key as last read. Only its sealed form is kept in memory. */
interface SealedKey {
  /** SHA-256 of its file. */
  digest: string
  sealed: string
}

function isPrivateKey(pem: string): boolean {
  try {
    createPrivateKey(pem)
    return true
  } catch {
    return false
  }
}
