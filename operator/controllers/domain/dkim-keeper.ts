import { generateDkimKey } from '@postrider/mail/dkim-keys'
import type { StoredResource } from '../../stored-resource.ts'
import type { DkimSteps } from '../../dkim/keys.ts'
import { DKIM_LABEL, keySecret, ownerLabel, readKey, SIGNING } from '../../dkim/secrets.ts'
import type { KeyOwner, StoredKey } from '../../dkim/secrets.ts'
import { refOf } from '@postrider/kubernetes/object/kinds'
import { ensure, forgetOwned } from '@postrider/kubernetes/apply/owned'
import type { Context } from '../context.ts'
import { least } from '../least.ts'

/** The remembered keys of a Domain, by selector. */
interface Known {
  domainName: string
  keys: Map<string, StoredKey>
}

/** Keeps the DKIM keys of Domains. A key that was read is remembered while the Domain exists and keeps its domain name: a Secret that
 * someone deletes or edits is restored, because the public key is in the tenant's DNS. */
export class DkimKeeper {
  readonly #context: Context
  /** By Domain, `namespace/name`. */
  readonly #known = new Map<string, Known>()

  constructor(context: Context) {
    this.#context = context
  }

  keysOf(owner: KeyOwner): StoredKey[] {
    const label = ownerLabel(owner)
    const known = this.#keysIn(owner)
    const { world, namespace } = this.#context
    for (const found of world.secrets.list(namespace)) {
      if (found.metadata?.labels?.[DKIM_LABEL] !== label) continue
      const key = readKey(found)
      if (key !== undefined && !known.has(key.selector)) known.set(key.selector, key)
    }
    // Sorted, so that each process writes the same status.
    return [...known.values()].sort((one, other) => (one.selector < other.selector ? -1 : 1))
  }

  /** Drops a deleted Domain's private keys from memory. Their Secrets stay for some days (see dkim-orphans.ts). */
  forget(domain: string): void {
    this.#known.delete(domain)
  }

  #keysIn({ key, domainName }: KeyOwner): Map<string, StoredKey> {
    const found = this.#known.get(key)
    if (found?.domainName === domainName) return found.keys
    const keys = new Map<string, StoredKey>()
    this.#known.set(key, { domainName, keys })
    return keys
  }

  /** Carries out the steps and ensures the Secrets of all keys; resolves with the delay until the next run. */
  async follow(
    {
      platform,
      owner,
      object,
      request,
    }: { platform: string; owner: KeyOwner; object: StoredResource; request: string },
    steps: DkimSteps,
  ): Promise<number | undefined> {
    const { cluster, recorder, world, namespace, release = null } = this.#context
    const known = this.#keysIn(owner)
    for (const { selector, algorithm, generation } of steps.make) {
      const pem = await generateDkimKey(SIGNING[algorithm])
      known.set(selector, { selector, algorithm, generation, pem, createdAt: Date.now(), request })
      recorder.record(
        object,
        'Normal',
        'DKIMKeyCreated',
        `key ${selector} was created; kubectl postrider dns shows its record`,
      )
    }
    for (const { selector } of steps.supersede) {
      const key = known.get(selector)
      if (key !== undefined) known.set(selector, { ...key, supersededAt: Date.now() })
    }
    for (const { selector } of steps.remove) {
      const key = known.get(selector)
      if (key === undefined) continue
      known.delete(selector)
      const ref = refOf(keySecret(namespace, platform, owner, key))
      await cluster.remove(ref)
      forgetOwned(ref, world.secrets)
      recorder.record(object, 'Normal', 'DKIMKeyRemoved', `key ${selector} was removed; you can delete its DNS record`)
    }
    const again: (number | undefined)[] = []
    for (const key of known.values()) {
      const wanted = keySecret(namespace, platform, owner, key)
      const { againMs } = await ensure(cluster, wanted, world.secrets, recorder, object, { goesWith: release })
      again.push(againMs)
    }
    return least(again)
  }
}
