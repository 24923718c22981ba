import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Claim } from '@postrider/sender-verification/claim'
import { isProven } from '@postrider/sender-verification/verification'
import type { Verification } from '@postrider/sender-verification/verification'
import type { VerifiedSender } from '@postrider/plan/observed'
import { writeSafely } from './write-safely.ts'

/** The stored state of the verification of a SenderAddress. */
export interface SenderFile {
  claim: Claim
  verification: Verification
}

/** The verifications of SenderAddresses, each in a file in `senders/`. */
export class SenderState {
  readonly #folder: string
  readonly #key: Buffer

  constructor(stateFolder: string, key: Buffer) {
    this.#folder = join(stateFolder, 'senders')
    this.#key = key
  }

  /** The state of a SenderAddress; a new one gets a unique owner. `key` is `namespace/name`. */
  load(key: string, asked: Omit<Claim, 'owner'>): { claim: Claim; verification: Verification | undefined } {
    const known = this.#read(this.#fileOf(key))
    return {
      claim: { owner: known?.claim.owner ?? randomUUID(), ...asked },
      verification: known?.verification,
    }
  }

  /** Stores the state of a SenderAddress; on disk when it resolves. */
  async keep(key: string, { claim, verification }: SenderFile): Promise<void> {
    await writeSafely(this.#fileOf(key), `${JSON.stringify({ claim, verification }, null, 2)}\n`)
  }

  /** Deletes the state of all but these. A SenderAddress that is created again later counts as a new one. */
  deleteOthers(keys: string[]): void {
    const kept = new Set(keys.map(nameOf))
    for (const name of this.#names()) if (!kept.has(name)) rmSync(join(this.#folder, name), { force: true })
  }

  /** The verified addresses, by `namespace/name`. */
  verified(): Map<string, VerifiedSender> {
    return new Map(
      this.#names().flatMap((name) => {
        const known = this.#read(join(this.#folder, name))
        if (known === undefined || !isProven(this.#key, known.verification, known.claim)) return []
        const { address, domainName } = known.claim
        return [[name.replace(/\.json$/, '').replace('.', '/'), { address, domainName }] as const]
      }),
    )
  }

  #fileOf(key: string): string {
    return join(this.#folder, nameOf(key))
  }

  #read(file: string): SenderFile | undefined {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SenderFile) : undefined
  }

  #names(): string[] {
    return existsSync(this.#folder) ? readdirSync(this.#folder).filter((name) => name.endsWith('.json')) : []
  }
}

/** The file name of a SenderAddress. Namespaces contain no dots, so the first dot separates the two names. */
const nameOf = (key: string): string => `${key.replace('/', '.')}.json`
