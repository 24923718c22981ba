import { randomBytes } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WATCH } from '@postrider/broker/accounts'
import type { BrokerAccess } from '@postrider/broker/connection'
import { accountsSecret, BROKER_ACCOUNTS, hostsOf } from '../../broker/accounts-secret.ts'
import { brokerCertificate, brokerCertificateSecret, readBrokerCertificate } from '../../broker/certificate.ts'
import type { BrokerCertificate } from '../../broker/certificate.ts'
import type { StoredResource } from '../../stored-resource.ts'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import type { Recorder } from '@postrider/kubernetes/status/events'
import { keyFor } from '@postrider/kubernetes/object/object'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refTo } from '@postrider/kubernetes/object/object'
import { ensure } from '@postrider/kubernetes/apply/owned'
import type { BrokerSettings } from '../../settings.ts'
import { COMPONENTS, labelsOf, platformKeyName } from '../../shapes/names.ts'
import { brokerAccessSecret, platformKeySecret } from '../../shapes/platform-secrets.ts'
import { secret, secretText } from '../../shapes/secret.ts'
import { least } from '../least.ts'
import type { World } from '../world.ts'

/** Keeps secrets that are generated once, at random: the platform key, and the passwords of the broker's accounts. They are remembered
 * once read, so that a Secret that someone deletes is restored. */
export class Keeper {
  #platformKey: Buffer | undefined
  #passwords: Record<string, string> | undefined
  readonly #cluster: Cluster
  readonly #recorder: Recorder
  readonly #namespace: string
  readonly #broker: BrokerSettings
  readonly #release: KubeObject | undefined
  #certificate: BrokerCertificate | undefined
  #accountsTag: string | undefined
  /** The CA as a file, for the operator's own connections. */
  #ca: { text: string; file: string } | undefined

  constructor(cluster: Cluster, recorder: Recorder, namespace: string, broker: BrokerSettings, release?: KubeObject) {
    this.#cluster = cluster
    this.#recorder = recorder
    this.#namespace = namespace
    this.#broker = broker
    this.#release = release
  }

  /** Undefined before `keep` has run. */
  get platformKey(): Buffer | undefined {
    return this.#platformKey
  }

  brokerPassword(account: string): string | undefined {
    return this.#passwords?.[account]
  }

  /** How the operator itself reaches the broker; undefined before `keepAccounts` has run, or while there is no CA. */
  brokerAccess(user: 'admin' | typeof WATCH): BrokerAccess | undefined {
    const password = this.brokerPassword(user)
    if (password === undefined || (this.#broker.tlsSecret !== undefined && this.#ca === undefined)) return undefined
    const { servers } = this.#broker
    return { servers, user, password, ...(this.#ca === undefined ? {} : { tls: { caFile: this.#ca.file } }) }
  }

  /** The tag of a server that has loaded its current files. */
  get accountsTag(): string | undefined {
    return this.#accountsTag
  }

  /** Ensures the Secrets of a platform. `keepAccounts` must have run, and the stores must be synced: a missing key is created. */
  async keep(world: World, platform: StoredResource): Promise<number | undefined> {
    const name = platform.metadata?.name ?? ''
    const again = [await this.#keepPlatformKey(world, platform, name)]
    for (const component of COMPONENTS) {
      const wanted = brokerAccessSecret(this.#placeOf(name), component, this.brokerPassword(component) ?? '')
      again.push((await ensure(this.#cluster, wanted, world.secrets, this.#recorder, platform)).againMs)
    }
    return least(again)
  }

  async #keepPlatformKey({ secrets }: World, platform: StoredResource, name: string): Promise<number | undefined> {
    const found = secretText(secrets.get(keyFor(this.#namespace, platformKeyName(name))), 'key')
    this.#platformKey ??= found === undefined ? randomBytes(32) : Buffer.from(found.trim(), 'base64')
    const wanted = platformKeySecret(this.#placeOf(name), this.#platformKey)
    // Not owned by the MailPlatform: deleting that by mistake would invalidate every password.
    const options = { goesWith: this.#release ?? null }
    return (await ensure(this.#cluster, wanted, secrets, this.#recorder, platform, options)).againMs
  }

  /** Ensures the passwords of the broker, which waits for them, and its certificate, even without a MailPlatform. */
  async keepAccounts(world: World): Promise<number | undefined> {
    const { secrets } = world
    const { secret: name, servers, configuration } = this.#broker
    const found = secrets.get(keyFor(this.#namespace, name))
    this.#passwords ??= Object.fromEntries(
      BROKER_ACCOUNTS.map((account) => [account, secretText(found, account) ?? randomBytes(24).toString('base64url')]),
    )
    const again = [await this.#keepCertificate(world)]
    const shown = this.#broker.tlsSecret === undefined ? undefined : await this.#readCertificate(this.#broker.tlsSecret)
    const { data, tag } = accountsSecret({
      passwords: this.#passwords,
      servers,
      beside: [configuration ?? '', shown ?? ''],
    })
    const wanted = secret({ namespace: this.#namespace, name, labels: labelsOf(name), data })
    again.push((await ensure(this.#cluster, wanted, secrets, this.#recorder, this.#owner())).againMs)
    this.#accountsTag = tag
    return least(again)
  }

  /** Made even if it is not used, so that no server has to wait for it when TLS is turned on. */
  async #keepCertificate({ secrets }: World): Promise<number | undefined> {
    const { tlsMake, servers } = this.#broker
    if (tlsMake === undefined) return undefined
    const present = readBrokerCertificate(secrets.get(keyFor(this.#namespace, tlsMake)))
    this.#certificate = await brokerCertificate(hostsOf(servers), this.#certificate ?? present)
    const wanted = brokerCertificateSecret(this.#namespace, tlsMake, this.#certificate)
    return (await ensure(this.#cluster, wanted, secrets, this.#recorder, this.#owner())).againMs
  }

  /** The certificate that the broker presents; keeps its CA for the operator's own connections. */
  async #readCertificate(name: string): Promise<string | undefined> {
    // Someone else may have created it, and the store holds only Secrets with our labels.
    const found = await this.#cluster.get(refTo(KINDS.Secret, this.#namespace, name))
    const ca = secretText(found, 'ca.crt')
    if (ca !== undefined && ca !== this.#ca?.text) {
      const file = this.#ca?.file ?? join(await mkdtemp(join(tmpdir(), 'broker-')), 'ca.crt')
      await writeFile(file, ca)
      this.#ca = { text: ca, file }
    }
    return secretText(found, 'tls.crt')
  }

  #placeOf(platform: string) {
    return { namespace: this.#namespace, platform }
  }

  #owner(): KubeObject {
    return this.#release ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name: this.#namespace } }
  }
}
