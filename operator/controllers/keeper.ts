import { randomBytes } from 'node:crypto'
import { accountNames, authConfig } from '@postrider/queue/accounts'
import type { StoredResource } from '../configuration/gather.ts'
import type { Cluster } from '../kubernetes/client.ts'
import type { Recorder } from '../kubernetes/events.ts'
import { keyFor } from '../kubernetes/object.ts'
import type { KubeObject } from '../kubernetes/object.ts'
import { ensure } from '../kubernetes/owned.ts'
import type { Component } from '../shapes/names.ts'
import { brokerAccessName, labelsOf, platformKeyName } from '../shapes/names.ts'
import { secret, secretText } from '../shapes/secret.ts'
import type { World } from './world.ts'

/** Rights are written for as many shards as a platform may ever have, so that the broker need not be told when it has more. */
const MOST_SHARDS = 16
const COMPONENTS: Component[] = ['ingress', 'delivery', 'notifier', 'api']

/** Keeps what is made once by chance and never again: the platform key, and the passwords of the broker's accounts. What was
 * read once is remembered, so that a Secret that somebody deletes comes back as it was. */
export class Keeper {
  #platformKey: Buffer | undefined
  #passwords: Record<string, string> | undefined
  readonly #cluster: Cluster
  readonly #recorder: Recorder
  readonly #namespace: string
  readonly #brokerSecret: string
  readonly #release: KubeObject | undefined

  constructor(cluster: Cluster, recorder: Recorder, namespace: string, brokerSecret: string, release?: KubeObject) {
    this.#cluster = cluster
    this.#recorder = recorder
    this.#namespace = namespace
    this.#brokerSecret = brokerSecret
    this.#release = release
  }

  /** Undefined before `keep` has run. */
  get platformKey(): Buffer | undefined {
    return this.#platformKey
  }

  brokerPassword(account: string): string | undefined {
    return this.#passwords?.[account]
  }

  /** Sees to the Secrets of a platform; `keepAccounts` must have run. The stores must be synced: a key that seems absent is made anew. */
  async keep(world: World, platform: StoredResource): Promise<number | undefined> {
    const name = platform.metadata?.name ?? ''
    const again = [await this.#keepPlatformKey(world, platform, name)]
    for (const component of COMPONENTS) {
      const wanted = secret({
        namespace: this.#namespace,
        name: brokerAccessName(name, component),
        labels: labelsOf(name, component),
        data: { password: this.brokerPassword(component) ?? '' },
      })
      again.push((await ensure(this.#cluster, wanted, world.secrets, this.#recorder, platform)).againMs)
    }
    return least(again)
  }

  async #keepPlatformKey({ secrets }: World, platform: StoredResource, name: string): Promise<number | undefined> {
    const found = secretText(secrets.get(keyFor(this.#namespace, platformKeyName(name))), 'key')
    this.#platformKey ??= found === undefined ? randomBytes(32) : Buffer.from(found.trim(), 'base64')
    const wanted = secret({
      namespace: this.#namespace,
      name: platformKeyName(name),
      labels: labelsOf(name),
      data: { key: this.#platformKey.toString('base64') },
    })
    // It does not go with the MailPlatform: who deletes that by mistake would lose every password with it.
    const options = { goesWith: this.#release ?? null }
    return (await ensure(this.#cluster, wanted, secrets, this.#recorder, platform, options)).againMs
  }

  /** Sees to the passwords of the broker, which waits for them, be there a platform or not. */
  async keepAccounts({ secrets }: World): Promise<number | undefined> {
    const found = secrets.get(keyFor(this.#namespace, this.#brokerSecret))
    this.#passwords ??= Object.fromEntries(
      accountNames(MOST_SHARDS).map((account) => [
        account,
        secretText(found, account) ?? randomBytes(24).toString('base64url'),
      ]),
    )
    const wanted = secret({
      namespace: this.#namespace,
      name: this.#brokerSecret,
      labels: labelsOf(this.#brokerSecret),
      data: { ...this.#passwords, 'nats.conf.auth': authConfig(this.#passwords, MOST_SHARDS) },
    })
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } }
    const owner = this.#release ?? namespace
    return (await ensure(this.#cluster, wanted, secrets, this.#recorder, owner)).againMs
  }
}

/** The soonest of some times to run again. */
export function least(times: (number | undefined)[]): number | undefined {
  const given = times.filter((ms) => ms !== undefined)
  return given.length === 0 ? undefined : Math.min(...given)
}
