import type { V1Secret } from '@kubernetes/client-node'
import type { Logger } from '@postrider/service/log'
import { acceptanceController } from './controllers/acceptance/acceptance.ts'
import { isAcceptedKind } from './controllers/acceptance/acceptance-conditions.ts'
import { brokerAccountsController } from './controllers/platform/broker-accounts.ts'
import { configurationController } from './controllers/configuration/configuration.ts'
import type { ConfigurationController } from './controllers/configuration/configuration.ts'
import type { Context } from './controllers/context.ts'
import { credentialController } from './controllers/credential/credential.ts'
import { domainController } from './controllers/domain/domain.ts'
import { collectOrphans } from './controllers/domain/dkim-orphans.ts'
import { Keeper } from './controllers/platform/keeper.ts'
import { platformController } from './controllers/platform/platform.ts'
import type { PlatformController } from './controllers/platform/platform.ts'
import { senderAddressController } from './controllers/sender-address/sender-address.ts'
import { writeUse } from './controllers/use/use.ts'
import { stopWorld, watchWorld } from './controllers/world.ts'
import type { World } from './controllers/world.ts'
import { domainOfKey } from './dkim/secrets.ts'
import { createLook } from './dns/look.ts'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { createRecorder } from '@postrider/kubernetes/status/events'
import { createStatusWriter } from '@postrider/kubernetes/status/status'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { describeRef, keyFor, keyOf, refAt } from '@postrider/kubernetes/object/object'
import type { ObjectRef, Wire } from '@postrider/kubernetes/object/object'
import { createQueue } from '@postrider/kubernetes/reconcile/queue'
import type { Queue } from '@postrider/kubernetes/reconcile/queue'
import type { Rate } from '@postrider/kubernetes/reconcile/token-bucket'
import type { OperatorMetrics } from './metrics.ts'
import { secretText } from './shapes/secret.ts'
import { findReleaseOwner } from './release-owner.ts'
import type { Settings } from './settings.ts'

/** The leader's state, for the metrics. */
export interface Lead {
  world: World
  platform: PlatformController
  configuration: ConfigurationController
}

export interface LeadOptions {
  cluster: Cluster
  settings: Settings
  log: Logger
  metrics: OperatorMetrics
  onLead: (lead: Lead | undefined) => void
}

/** Changes within this time become one configuration. */
const GATHER_MS = 100
/** All changes of all tenants share this one key. It may run more often than others, because it writes only changed findings to the API
 * server: a change reaches the services within seconds even if there are many. */
const CONFIGURATION_RATE: Rate = { burst: 10, perMinute: 60 }
const USE_MS = 60_000
const COLLECT_MS = 3_600_000
const PLATFORM = 'platform'
const CONFIGURATION = 'configuration'
const BROKER_ACCOUNTS = 'broker-accounts'

/** The leader's work, from watching the cluster to the last write; resolves when the signal has ended it. */
export async function lead(
  { cluster, settings, log, metrics, onLead }: LeadOptions,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, identity, broker, surroundings } = settings
  const recorder = createRecorder(cluster, {
    instance: identity,
    onError: (error) => log.warn({ event: 'event-not-written', err: error }),
  })
  const queue = (
    controller: string,
    run: (key: string) => Promise<{ againMs?: number | undefined }>,
    concurrency = 4,
    rate?: Rate,
  ): Queue =>
    createQueue({
      concurrency,
      ...(rate === undefined ? {} : { rate }),
      async run(key) {
        const startedAt = performance.now()
        try {
          return await run(key)
        } finally {
          metrics.reconciled(controller, (performance.now() - startedAt) / 1000)
        }
      },
      onError(key, error, againMs) {
        metrics.failed(controller)
        log.warn({ event: 'reconcile-failed', controller, key, againMs, err: error })
      },
    })
  const platforms = queue(PLATFORM, () => platform.run(), 1)
  const configurations = queue(CONFIGURATION, () => configuration.run(), 1, CONFIGURATION_RATE)
  const domains = queue('domain', (key) => reconcileDomain(key))
  const credentials = queue('credential', (key) => reconcileCredential(key))
  const senders = queue('sender-address', (key) => reconcileSender(key))
  const rules = queue('acceptance', (object) => reconcileRule(object), 1)
  const accounts = queue('broker-accounts', () => brokerAccounts.run(), 1)
  const queues = [platforms, configurations, domains, credentials, senders, rules, accounts]

  /** Changes from the first lists, held until the controllers exist. */
  const early: (() => void)[] = []
  let begun = false
  const soon = (act: () => void): void => {
    if (begun) act()
    else early.push(act)
  }
  const world = await watchWorld(cluster, namespace, {
    platform: () => soon(() => platforms.add(PLATFORM)),
    configuration: () => soon(() => configurations.add(CONFIGURATION, GATHER_MS)),
    domain: (key) => soon(() => domainChanged(key)),
    credential: (key) => soon(() => credentials.add(key)),
    sender: (key) => soon(() => senders.add(key)),
    rule: (object) => soon(() => rules.add(describeRef(object))),
    tenants: () => soon(() => tenantsChanged()),
    secret: (_, secret) => soon(() => secretChanged(secret)),
    onError: (kind, error) => log.warn({ event: 'watch-failed', kind, err: error }),
  })
  const release = await findReleaseOwner(cluster, settings)
  const keeper = new Keeper(cluster, recorder, namespace, broker, release)
  const status = createStatusWriter(cluster, recorder)
  const shared = { cluster, recorder, status, world, log, namespace, surroundings, keeper, release }
  const configuration = configurationController(shared, {
    counted: (objects) => objects.forEach(enqueue),
    state: () => platforms.add(PLATFORM),
  })
  const context: Context = { ...shared, findings: () => configuration.findings }
  const brokerAccounts = brokerAccountsController({ keeper, log, ours: broker.configuration !== undefined }, () =>
    platforms.add(PLATFORM),
  )
  const platform = platformController(
    context,
    () => configuration.state,
    () => brokerAccounts.waiting,
  )
  const reconcileDomain = domainController(context, createLook)
  const reconcileCredential = credentialController(context)
  const reconcileSender = senderAddressController(context, configuration)
  const reconcileRule = acceptanceController(context)

  function domainChanged(key: string): void {
    domains.add(key)
    for (const credential of ofDomain(key, world.credentials)) credentials.add(keyOf(credential))
    for (const sender of ofDomain(key, world.senders)) senders.add(keyOf(sender))
  }

  function secretChanged(secret: Wire<V1Secret>): void {
    const { metadata } = secret
    const [owner] = metadata?.ownerReferences ?? []
    if (metadata?.namespace !== namespace) {
      // Anyone can give a Secret our labels: in a tenant's namespace it affects only that tenant.
      if (owner?.kind === 'SMTPCredential') credentials.add(keyFor(metadata?.namespace, owner.name))
      return
    }
    const domain = domainOfKey({ metadata })
    if (domain !== undefined) domains.add(domain)
    else if (owner?.kind === 'SMTPCredential') credentials.add(keyFor(namespace, owner.name))
    else {
      platforms.add(PLATFORM)
      accounts.add(BROKER_ACCOUNTS)
      // The Secret of a credential contains the local CA.
      if (secretText(secret, 'ca.crt') !== undefined) credentialsChanged()
    }
    configurations.add(CONFIGURATION, GATHER_MS)
  }

  function credentialsChanged(): void {
    for (const credential of world.credentials.list()) credentials.add(keyOf(credential))
  }

  function tenantsChanged(): void {
    for (const domain of world.domains.list()) domains.add(keyOf(domain))
    for (const sender of world.senders.list()) senders.add(keyOf(sender))
    credentialsChanged()
  }

  function ofDomain(domain: string, store: World['credentials'] | World['senders']) {
    const { namespace: namespaceOfDomain, name } = refAt(KINDS.Domain, domain)
    return store.list(namespaceOfDomain).filter(({ spec }) => spec.domainRef?.name === name)
  }

  function enqueue(object: ObjectRef): void {
    const { kind, namespace: of, name } = object
    const key = keyFor(of, name)
    if (kind === 'Domain') domains.add(key)
    else if (kind === 'SMTPCredential') credentials.add(key)
    else if (kind === 'SenderAddress') senders.add(key)
    else if (isAcceptedKind(kind)) rules.add(describeRef(object))
  }

  const counting = setInterval(() => {
    const { broker } = configuration
    if (broker?.connected === true)
      writeUse(context, broker).catch((error: unknown) => log.warn({ event: 'use-not-written', err: error }))
  }, USE_MS)
  begun = true
  platforms.add(PLATFORM)
  accounts.add(BROKER_ACCOUNTS)
  for (const act of early.splice(0)) act()
  const collecting = setInterval(() => {
    collectOrphans(context).catch((error: unknown) => log.warn({ event: 'orphans-not-collected', err: error }))
  }, COLLECT_MS)
  onLead({ world, platform, configuration })
  try {
    await aborted(signal)
  } finally {
    clearInterval(counting)
    clearInterval(collecting)
    onLead(undefined)
    stopWorld(world)
    await Promise.all(queues.map((each) => each.stop()))
    await configuration.stop()
    await recorder.flush()
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
