import { BadVerifierError, hashPassword, parseVerifier } from '@postrider/authentication/hash'
import { derivePassword, deriveSalt } from './password.ts'

/** Verifiers of derived passwords. One costs about 40 ms of CPU, so verifiers are remembered, and those in the published configuration
 * are reused: the salt identifies the password. */
export class Verifiers {
  readonly #key: Buffer
  #bySalt = new Map<string, string>()

  constructor(key: Buffer, published: Iterable<string>) {
    this.#key = key
    for (const verifier of published) this.#remember(verifier)
  }

  #remember(verifier: string): void {
    try {
      this.#bySalt.set(parseVerifier(verifier).salt.toString('base64'), verifier)
    } catch (error) {
      // A tenant's own, published by an earlier operator that did not check it: it must not block others.
      if (!(error instanceof BadVerifierError)) throw error
    }
  }

  /** The verifier if it is known already. */
  recall(credential: string, id: string): string | undefined {
    return this.#bySalt.get(deriveSalt(this.#key, credential, id).toString('base64'))
  }

  async make(credential: string, id: string): Promise<string> {
    const salt = deriveSalt(this.#key, credential, id)
    const made = await hashPassword(derivePassword(this.#key, credential, id), salt)
    this.#bySalt.set(salt.toString('base64'), made)
    return made
  }

  /** Drops the verifiers that no credential needs any more. */
  keepOnly(declared: { credential: string; ids: string[] }[]): void {
    const all = declared.flatMap(({ credential, ids }) => ids.map((id) => ({ credential, id })))
    const kept = new Map<string, string>()
    for (const { credential, id } of all) {
      const salt = deriveSalt(this.#key, credential, id).toString('base64')
      const verifier = this.#bySalt.get(salt)
      if (verifier !== undefined) kept.set(salt, verifier)
    }
    this.#bySalt = kept
  }
}
