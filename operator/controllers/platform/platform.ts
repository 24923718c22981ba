import type { V1Deployment } from '@kubernetes/client-node'
import type { Resource } from '@postrider/resources/kinds'
import type { LocalCertificate } from '@postrider/tls/local-certificate'
import { setCondition } from '@postrider/kubernetes/status/conditions'
import type { Condition, Finding } from '@postrider/kubernetes/status/conditions'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { keyFor, refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject, Wire } from '@postrider/kubernetes/object/object'
import { ensure, removeOwned } from '@postrider/kubernetes/apply/owned'
import { writeStatus } from '@postrider/kubernetes/status/status'
import type { Store } from '@postrider/kubernetes/cache/watch'
import { autoscaler, disruptionBudget } from '../../shapes/availability.ts'
import { deploymentsOf } from '../../shapes/deployments.ts'
import { componentName, localTlsName, selectorOf } from '../../shapes/names.ts'
import type { Component } from '../../shapes/names.ts'
import { apiService, ingressService } from '../../shapes/service.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { certificateSecret, localCertificate } from './certificate.ts'
import { certificateState } from './platform-certificate.ts'
import type { Context } from '../context.ts'
import { least } from './keeper.ts'
import { findPlatform, sortedByAge } from '../world.ts'

/** What the configuration controller found, for the platform's status. */
export interface PublishedState {
  broker: { ok: boolean; message: string }
  config: { ok: boolean; message: string }
  domains: number
  credentials: number
}

export interface PlatformController {
  run(): Promise<{ againMs?: number | undefined }>
  /** When the certificate in use ends, milliseconds since the epoch. */
  readonly certificateEndsAt: number | undefined
}

const RELOOK_MS = 10 * 60_000

/** Sees to everything that runs for the MailPlatform, and says in its status how that is. */
export function platformController(
  context: Context,
  published: () => PublishedState | undefined,
  waiting: () => string | undefined,
): PlatformController {
  const { cluster, recorder, world, keeper, surroundings } = context
  let certificateEndsAt: number | undefined
  let local: LocalCertificate | undefined

  async function ensureAll(
    platform: Resource<'MailPlatform'>,
    object: StoredResource,
  ): Promise<(number | undefined)[]> {
    const again: (number | undefined)[] = [await keeper.keep(world, object)]
    const put = async <T extends KubeObject>(wanted: T, store: Store<T>): Promise<void> => {
      again.push((await ensure(cluster, wanted, store, recorder, object)).againMs)
    }
    if (platform.spec.ingress.tls?.secretName === undefined) {
      const present = world.secrets.get(keyFor(platform.namespace, localTlsName(platform.name)))
      local = await localCertificate(platform, local, present)
      await put(certificateSecret(platform, local), world.secrets)
    }
    // Services of this release may use accounts or rights that the broker has not read yet: those that run stay until then.
    if (waiting() === undefined)
      for (const wanted of deploymentsOf({ platform, surroundings })) await put(wanted, world.deployments)
    await put(ingressService(platform), world.services)
    if (platform.spec.api.replicas > 0) await put(apiService(platform), world.services)
    else await removeApi(platform)
    for (const component of ['ingress', 'delivery'] as const) {
      await put(disruptionBudget(platform, component), world.budgets)
      const scaler = autoscaler(platform, component)
      const ref = refTo(KINDS.HorizontalPodAutoscaler, platform.namespace, componentName(platform.name, component))
      if (scaler === undefined) await removeOwned(cluster, ref, world.autoscalers)
      else await put(scaler, world.autoscalers)
    }
    return again
  }

  /** Of a platform that wants no HTTP service any more. */
  async function removeApi({ name, namespace }: Resource<'MailPlatform'>): Promise<void> {
    const mine = componentName(name, 'api')
    await removeOwned(cluster, refTo(KINDS.Deployment, namespace, mine), world.deployments)
    await removeOwned(cluster, refTo(KINDS.Service, namespace, mine), world.services)
  }

  async function writeState(object: StoredResource, findings: Finding[], extra: object): Promise<void> {
    const observedGeneration = object.metadata?.generation ?? 0
    let conditions = (object.status?.conditions ?? []) as Condition[]
    for (const finding of [...findings, readyFinding(findings)])
      conditions = setCondition(conditions, { ...finding, observedGeneration }, new Date())
    await writeStatus(cluster, object, { conditions, observedGeneration, ...extra })
  }

  return {
    get certificateEndsAt() {
      return certificateEndsAt
    },
    async run() {
      const accounts = await keeper.keepAccounts(world)
      for (const other of sortedByAge(world.platforms.list()).slice(1)) {
        const message = 'this namespace has an older MailPlatform, and only the oldest is served'
        await writeState(other, [{ type: 'Accepted', status: 'False', reason: 'OlderPlatformExists', message }], {})
      }
      const found = findPlatform(world)
      if (found === undefined) return { againMs: accounts }
      if ('problems' in found) {
        const message = found.problems.map(({ path, problem }) => `${path} ${problem}`).join('; ')
        await writeState(found.object, [{ type: 'Accepted', status: 'False', reason: 'Invalid', message }], {})
        return { againMs: accounts }
      }
      const { platform, object } = found
      const again = await ensureAll(platform, object)
      const state = published()
      // It runs again with the configuration's first result; until then what is said stays as it is.
      if (state === undefined) return { againMs: least([...again, accounts, RELOOK_MS]) }
      const { broker, config, domains, credentials } = state
      const certificates = await certificateState(cluster, platform)
      certificateEndsAt = certificates.endsAt
      const findings: Finding[] = [
        { type: 'Accepted', status: 'True', reason: 'Valid', message: 'this MailPlatform is served' },
        brokerFinding(broker, waiting()),
        finding('ConfigPublished', config.ok, 'Published', 'NotPublished', config.message),
        ...componentsOf(platform).map((component) => podsReady(platform, component)),
        certificates.finding,
      ]
      const pods = (component: Component): Wire<V1Deployment> | undefined =>
        world.deployments.get(keyFor(platform.namespace, componentName(platform.name, component)))
      await writeState(object, findings, {
        ingressReplicas: pods('ingress')?.status?.readyReplicas ?? 0,
        deliveryReplicas: pods('delivery')?.status?.readyReplicas ?? 0,
        selector: Object.entries(selectorOf(platform.name, 'delivery'))
          .map(([name, value]) => `${name}=${value}`)
          .join(),
        domains,
        credentials,
        ...(certificateEndsAt === undefined ? {} : { certificateNotAfter: new Date(certificateEndsAt).toISOString() }),
      })
      return { againMs: least([...again, accounts, RELOOK_MS]) }
    },
  }

  function podsReady(platform: Resource<'MailPlatform'>, component: Component): Finding {
    const type = `${component.charAt(0).toUpperCase()}${component.slice(1)}Ready`
    const name = componentName(platform.name, component)
    const found = world.deployments.get(keyFor(platform.namespace, name))
    const { ready, wanted, updated, settled } = progressOf(found)
    const message = settled
      ? `${ready} of ${wanted} pods are ready`
      : `${ready} of ${wanted} pods are ready, ${updated} are up to date; see kubectl describe deployment ${name}`
    // Some are enough to work.
    return finding(type, ready > 0, settled ? 'AllPods' : 'SomePods', 'NoPods', message)
  }
}

const componentsOf = ({ spec }: Resource<'MailPlatform'>): Component[] => [
  'ingress',
  'delivery',
  'notifier',
  ...(spec.api.replicas > 0 ? (['api'] as const) : []),
]

function progressOf(found: Wire<V1Deployment> | undefined) {
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, observedGeneration = 0 } = found?.status ?? {}
  const wanted = found?.spec?.replicas ?? 1
  // A status of an older generation tells of what was wanted before.
  const current = observedGeneration >= (found?.metadata?.generation ?? 0)
  return { ready, wanted, updated, settled: current && ready >= wanted && updated >= wanted }
}

function brokerFinding(broker: PublishedState['broker'], waiting: string | undefined): Finding {
  if (broker.ok && waiting !== undefined) return finding('BrokerReady', false, '', 'AccountsNotLoaded', waiting)
  return finding('BrokerReady', broker.ok, 'Connected', 'Unreachable', broker.message)
}

const finding = (type: string, ok: boolean, good: string, bad: string, message: string): Finding => ({
  type,
  status: ok ? 'True' : 'False',
  reason: ok ? good : bad,
  message,
})

function readyFinding(findings: Finding[]): Finding {
  // Mail flows without the HTTP service.
  const bad = findings.filter(({ type, status }) => status !== 'True' && type !== 'ApiReady')
  return finding(
    'Ready',
    bad.length === 0,
    'Ready',
    bad[0]?.reason ?? '',
    bad.map(({ type, message }) => `${type}: ${message}`).join('; ') || 'mail is accepted and delivered',
  )
}
