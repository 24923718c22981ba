import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'
import { ensureStreams, undefinedIfMissing } from '@postrider/broker/streams'
import type { Plan } from '@postrider/plan/plan'
import type { PlannedSender } from '@postrider/plan/senders'
import type { AnyResource } from '@postrider/resources/kinds'
import { decodeConfig } from '@postrider/runtime-config/encode'
import type { DkimConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { publisher, readEntries } from '@postrider/runtime-config/store'
import { gather } from './gather.ts'
import type { Findings, Gathered, TenantObject } from './gather.ts'
import { settlePlan } from './settle.ts'
import { passwordIds, readPasswordIds } from '../../credentials/rotation.ts'
import { Verifiers } from '../../credentials/verifiers.ts'
import { DKIM_LABEL, ownerLabel, readKey } from '../../dkim/secrets.ts'
import type { StoredKey } from '../../dkim/secrets.ts'
import { Sealer } from '../../dkim/signing.ts'
import { refFrom, refOf } from '@postrider/kubernetes/object/kinds'
import { describeRef, keyFor, keyOf } from '@postrider/kubernetes/object/object'
import type { ObjectRef } from '@postrider/kubernetes/object/object'
import { maySend } from '../../tenancy/may-send.ts'
import type { Context } from '../context.ts'
import type { PublishedState } from '../platform/platform-conditions.ts'
import { verifiedSenders } from '../sender-address/verified-senders.ts'
import { findPlatform } from '../world.ts'
import type { World } from '../world.ts'

export interface ConfigurationController {
  run(): Promise<{ againMs?: number | undefined }>
  readonly findings: Findings | undefined
  /** Undefined before the first attempt: until then the previous operator's status stays. */
  readonly state: PublishedState | undefined
  /** The accepted SenderAddresses of the last valid plan, verified or not, by `namespace/name`. */
  readonly senders: ReadonlyMap<string, PlannedSender>
  /** Domains of the last valid plan, with sealed DKIM keys. */
  readonly domains: RuntimeConfig['domains']
  /** Undefined until the first connection. */
  readonly broker: Broker | undefined
  stop(): Promise<void>
}

/** New verifiers in one run: a few seconds of CPU, after which those that exist are published. */
const VERIFIERS_A_RUN = 60
/** Computed in parallel: each takes 16 MiB and a core. */
const MAKERS = 2
const UNREACHABLE_MS = 2000
const NOT_TRIED: PublishedState = {
  broker: { ok: false, message: 'not tried yet' },
  config: { ok: false, message: 'not tried yet' },
  domains: 0,
  credentials: 0,
}

/** Is notified, so that statuses are updated. */
export interface ConfigurationListener {
  /** The findings of these objects changed; at first all. */
  counted(objects: ObjectRef[]): void
  /** `state` changed. */
  state(): void
}

/** Publishes the runtime configuration whenever anything that it depends on changes. */
export function configurationController(
  context: Omit<Context, 'findings'>,
  listener: ConfigurationListener,
): ConfigurationController {
  const { world, keeper, log } = context
  let findings: Findings | undefined
  let state: PublishedState | undefined
  let link: Link | undefined
  let known: Known | undefined
  let senders: ReadonlyMap<string, PlannedSender> = new Map()
  let domains: RuntimeConfig['domains'] = new Map()

  async function connected(): Promise<Link | undefined> {
    if (link !== undefined) return link
    const access = keeper.brokerAccess('admin')
    if (access === undefined) return undefined
    try {
      const broker = await openBroker('admin', access)
      link = { broker, publish: publisher(broker), streams: '' }
      const follow = (): void => note({ broker: connectionOf(broker) })
      broker.onDisconnect(follow)
      broker.onReconnect(follow)
      return link
    } catch (error) {
      note({
        broker: { ok: false, message: `${String(error)}; mail waits in the queue, and no accepted mail is lost` },
      })
      return undefined
    }
  }

  /** The link, once the published configuration has been read through it. Undefined while that fails: making every verifier again would
   * take long, and would publish a change of every credential. */
  async function connectedAndRecalled(platformKey: Buffer): Promise<Link | undefined> {
    const reached = await connected()
    if (reached === undefined || known !== undefined) return reached
    try {
      known = await recall(reached.broker, platformKey)
      return reached
    } catch (error) {
      const message = `the published configuration cannot be read: ${String(error)}`
      note({ broker: connectionOf(reached.broker), config: { ok: false, message } })
      return undefined
    }
  }

  function note(news: Partial<PublishedState>): void {
    const before = JSON.stringify(state)
    state = { ...(state ?? NOT_TRIED), ...news }
    if (JSON.stringify(state) !== before) listener.state()
  }

  function report(next: Findings): void {
    const before = findings
    findings = next
    const all =
      before === undefined
        ? tenantObjects(world).map((object) => describeRef(refOf(object)))
        : [...new Set([...before.keys(), ...next.keys()])]
    const differing = all.filter(
      (object) => before === undefined || JSON.stringify(before.get(object)) !== JSON.stringify(next.get(object)),
    )
    if (differing.length > 0) listener.counted(differing.map(refFrom))
  }

  return {
    get findings() {
      return findings
    },
    get state() {
      return state
    },
    get senders() {
      return senders
    },
    get domains() {
      return domains
    },
    get broker() {
      return link?.broker
    },
    async run() {
      const found = findPlatform(world)
      const { platformKey } = keeper
      if (found === undefined || 'problems' in found) return {}
      // The platform controller creates it in its first run.
      if (platformKey === undefined) return { againMs: 500 }
      const gathered = gather({
        platform: found.platform,
        objects: tenantObjects(world),
        namespaces: new Map(
          world.namespaces.list().map(({ metadata }) => [metadata?.name ?? '', metadata?.labels ?? {}]),
        ),
      })
      const reached = await connectedAndRecalled(platformKey)
      const wanted = known === undefined ? undefined : await observe(gathered, known, context)
      const settled = settlePlan(
        gathered,
        {
          ...(wanted?.observed ?? { verifiers: new Map(), dkimKeys: new Map(), signing: new Map() }),
          senders: verifiedSenders(gathered.resources, world, platformKey),
        },
        (domain) => maySend(world.domains.get(domain), found.platform.spec.verification.sending),
      )
      if (settled.plan !== undefined) {
        senders = byKey(settled.plan.senders)
        domains = settled.plan.config.domains
      }
      report(settled.findings)
      if (settled.plan === undefined) {
        const message = settled.platformProblems.map(({ path, problem }) => `${path} ${problem}`).join('; ')
        note({ config: { ok: false, message: `${message}; the last valid configuration stays in force` } })
        return {}
      }
      if (reached === undefined) return { againMs: UNREACHABLE_MS }
      await publish(reached, settled.plan, found.platform.spec.broker.replicas)
      return { againMs: wanted?.more === true ? 1 : undefined }
    },
    async stop() {
      await link?.broker.close()
    },
  }

  async function publish(reached: Link, plan: Plan, replicas: number): Promise<void> {
    const { broker, publish: write } = reached
    try {
      const layout = { ...plan.deployment.broker, replicas }
      if (reached.streams !== JSON.stringify(layout)) {
        await ensureStreams(broker.nc, broker.jsm, layout)
        reached.streams = JSON.stringify(layout)
      }
      const changes = await write(plan.config)
      if (changes > 0) log.info({ event: 'configuration-published', changes })
      const { domains, credentials } = plan.config
      note({
        broker: connectionOf(broker),
        config: { ok: true, message: 'published to the services' },
        domains: domains.size,
        credentials: credentials.size,
      })
    } catch (error) {
      note({ broker: connectionOf(broker), config: { ok: false, message: String(error) } })
      throw error
    }
  }
}

const byKey = (senders: PlannedSender[]): Map<string, PlannedSender> =>
  new Map(senders.map((sender) => [keyFor(sender.namespace, sender.name), sender]))

/** From the connection, because a write without changes does not contact the broker. */
const connectionOf = ({ connected }: Broker): PublishedState['broker'] =>
  connected
    ? { ok: true, message: 'connected' }
    : {
        ok: false,
        message: 'the connection to the broker is lost; mail waits in the queue, and no accepted mail is lost',
      }

interface Link {
  broker: Broker
  publish: (config: RuntimeConfig) => Promise<number>
  /** The last layout of the streams, as JSON. */
  streams: string
}

const tenantObjects = (world: World): TenantObject[] => [
  ...world.domains.list(),
  ...world.credentials.list(),
  ...world.limits.list(),
  ...world.senders.list(),
  ...world.pools.list(),
  ...world.policies.list(),
]

/** Reuses the verifiers and sealed keys of the published configuration. */
async function recall(broker: Broker, platformKey: Buffer): Promise<Known> {
  // At the very first start there is no bucket.
  const entries = await readEntries(broker).catch(undefinedIfMissing)
  const config = entries === undefined ? undefined : decodeConfig(entries)
  const domains = [...(config?.domains.values() ?? [])].map(({ name, dkim }) => ({ domain: name, dkim }))
  const verifiers = [...(config?.credentials.values() ?? [])].flatMap(({ passwordHashes }) => passwordHashes)
  return { verifiers: new Verifiers(platformKey, verifiers), sealer: new Sealer(platformKey, domains) }
}

interface Known {
  verifiers: Verifiers
  sealer: Sealer
}

/** Keys and verifiers of the resources; `more` if some verifiers are left for the next run. */
async function observe(
  { resources }: Gathered,
  known: Known,
  { world, namespace }: Pick<Context, 'world' | 'namespace'>,
) {
  const { verifiers, more } = await verifiersOf(resources, known, world)
  return {
    observed: {
      verifiers,
      dkimKeys: new Map<string, string>(),
      signing: signingKeys(resources, known, world, namespace),
    },
    more,
  }
}

/** The signing keys by domain name, as in the status of the Domains. Only from Secrets in the platform's namespace: anyone can put our
 * labels on their own. */
function signingKeys(
  resources: AnyResource[],
  { sealer }: Known,
  world: World,
  namespace: string,
): Map<string, DkimConfig[]> {
  const byLabel = Map.groupBy(world.secrets.list(namespace), ({ metadata }) => metadata?.labels?.[DKIM_LABEL])
  const signing = new Map<string, StoredKey[]>()
  for (const { kind, namespace, name, spec } of resources) {
    if (kind !== 'Domain') continue
    const key = keyFor(namespace, name)
    const states = world.domains.get(key)?.status.dkimKeys ?? []
    const signs = new Set(states.filter(({ state }) => state === 'Signing').map(({ selector }) => selector))
    const secrets = byLabel.get(ownerLabel({ key, domainName: spec.domainName })) ?? []
    const keys = secrets.flatMap((found) => readKey(found) ?? []).filter(({ selector }) => signs.has(selector))
    signing.set(spec.domainName, keys)
  }
  return sealer.sealAll(signing)
}

/** Recalls the verifiers that exist and makes some of the others; `more` if any are left. */
async function verifiersOf(resources: AnyResource[], { verifiers }: Known, world: World) {
  const wanted = resources.flatMap((resource) => {
    if (resource.kind !== 'SMTPCredential' || resource.spec.passwordHashes.length > 0) return []
    const key = keyFor(resource.namespace, resource.name)
    return [{ key, ids: passwordIds(readPasswordIds(world.credentials.get(key)?.metadata?.annotations)) }]
  })
  verifiers.keepOnly(
    world.credentials.list().map((object) => {
      return { credential: keyOf(object), ids: passwordIds(readPasswordIds(object.metadata?.annotations)) }
    }),
  )
  const missing = wanted.flatMap(({ key, ids }) =>
    ids.filter((id) => verifiers.recall(key, id) === undefined).map((id) => ({ key, id })),
  )
  const making = missing.slice(0, VERIFIERS_A_RUN)
  await Promise.all(
    Array.from({ length: MAKERS }, async () => {
      for (let next = making.pop(); next !== undefined; next = making.pop()) await verifiers.make(next.key, next.id)
    }),
  )
  const known = wanted.map(
    ({ key, ids }) => [key, ids.flatMap((id) => verifiers.recall(key, id) ?? [])] as [string, string[]],
  )
  return { verifiers: new Map(known), more: missing.length > VERIFIERS_A_RUN }
}
