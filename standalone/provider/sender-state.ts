import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Claim } from '@postrider/sender-verification/claim'
import { isProven } from '@postrider/sender-verification/verification'
import type { Verification } from '@postrider/sender-verification/verification'
import type { VerifiedSender } from '@postrider/plan/observed'
import { writeSafely } from './write-safely.ts'

/** How far the verification of a SenderAddress is. */
export interface SenderFile {
  claim: Claim
  verification: Verification
}

/** Verifications of addresses, a file each in `senders/`. */
export class SenderState {
  readonly #folder: string
  readonly #key: Buffer

  constructor(stateFolder: string, key: Buffer) {
    this.#folder = join(stateFolder, 'senders')
    this.#key = key
  }

  /** What is remembered of one; of a new one, an owner that no other had. `key` is `namespace/name`. */
  recall(key: string, asked: Omit<Claim, 'owner'>): { claim: Claim; verification: Verification | undefined } {
    const known = this.#read(this.#fileOf(key))
    return {
      claim: { owner: known?.claim.owner ?? randomUUID(), ...asked },
      verification: known?.verification,
    }
  }

  /** On disk when it resolves. */
  async keep(key: string, { claim, verification }: SenderFile): Promise<void> {
    await writeSafely(this.#fileOf(key), `${JSON.stringify({ claim, verification }, null, 2)}\n`)
  }

  /** Forgets all but these: one that comes back later is another. */
  forgetOthers(keys: string[]): void {
    const stay = new Set(keys.map(nameOf))
    for (const name of this.#names()) if (!stay.has(name)) rmSync(join(this.#folder, name), { force: true })
  }

  /** By `namespace/name`. */
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

/** Names have no dots. */
const nameOf = (key: string): string => `${key.replace('/', '.')}.json`
