import type { Resource } from '@postrider/resources/kinds'
import type { LocalCertificate } from '@postrider/tls/local-certificate'
import { KINDS, refOf } from '@postrider/kubernetes/object/kinds'
import { describeRef, keyFor, refTo } from '@postrider/kubernetes/object/object'
import type { KubeObject, ObjectRef } from '@postrider/kubernetes/object/object'
import { ensure, forgetOwner, removeOwned } from '@postrider/kubernetes/apply/owned'
import type { Store } from '@postrider/kubernetes/cache/watch'
import { autoscaler, disruptionBudget } from '../../shapes/availability.ts'
import { deploymentsOf } from '../../shapes/deployments.ts'
import { COMPONENTS, componentName, localTlsName } from '../../shapes/names.ts'
import type { Component } from '../../shapes/names.ts'
import { apiService, ingressService } from '../../shapes/service.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { certificateSecret, localCertificate } from './certificate.ts'
import { certificateState } from './platform-certificate.ts'
import type { Context } from '../context.ts'
import { notTheOldest, notValid, platformFields, platformFindings } from './platform-conditions.ts'
import type { PlatformEvidence, PublishedState } from './platform-conditions.ts'
import { least } from '../least.ts'
import { findPlatform, sortedByAge } from '../world.ts'

export interface PlatformController {
  run(): Promise<{ againMs?: number | undefined }>
  /** When the first certificate expires, milliseconds since the epoch. */
  readonly certificateEndsAt: number | undefined
}

const RELOOK_MS = 10 * 60_000

/** Reconciles everything that runs for the MailPlatform, and reports its state in the status. */
export function platformController(
  context: Context,
  published: () => PublishedState | undefined,
  waiting: () => string | undefined,
): PlatformController {
  const { cluster, recorder, status, world, keeper, surroundings } = context
  let certificateEndsAt: number | undefined
  let local: LocalCertificate | undefined
  /** The platform that owns what is kept. */
  let owner: ObjectRef | undefined

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
    // Services of this release may need accounts or rights that the broker has not loaded yet: the running ones stay until then.
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

  /** From a platform that no longer wants the HTTP service. */
  async function removeApi({ name, namespace }: Resource<'MailPlatform'>): Promise<void> {
    const mine = componentName(name, 'api')
    await removeOwned(cluster, refTo(KINDS.Deployment, namespace, mine), world.deployments)
    await removeOwned(cluster, refTo(KINDS.Service, namespace, mine), world.services)
  }

  /** Drops from memory what was kept for a platform that is gone, or no longer the oldest. */
  function keepFor(object: StoredResource | undefined): void {
    const now = object === undefined ? undefined : refOf(object)
    if (owner !== undefined && (now === undefined || describeRef(now) !== describeRef(owner))) {
      const { secrets, deployments, services, budgets, autoscalers } = world
      forgetOwner(owner, secrets, deployments, services, budgets, autoscalers)
    }
    owner = now
  }

  return {
    get certificateEndsAt() {
      return certificateEndsAt
    },
    async run() {
      const accounts = await keeper.keepAccounts(world)
      for (const other of sortedByAge(world.platforms.list()).slice(1))
        await status.report(other, { findings: notTheOldest() })
      const found = findPlatform(world)
      keepFor(found?.object)
      if (found === undefined) return { againMs: accounts }
      if ('problems' in found) {
        await status.report(found.object, { findings: notValid(found.problems) })
        return { againMs: accounts }
      }
      const { platform, object } = found
      const again = least([...(await ensureAll(platform, object)), accounts, RELOOK_MS])
      const state = published()
      // The configuration's first result starts another run; until then the status stays as it is.
      if (state === undefined) return { againMs: again }
      const { finding, endsAt } = await certificateState(cluster, platform)
      certificateEndsAt = endsAt
      const evidence = {
        published: state,
        waiting: waiting(),
        deployments: deploymentsThere(platform),
        certificate: finding,
      }
      await status.report(object, {
        findings: platformFindings(platform, evidence),
        fields: platformFields(platform, evidence, endsAt),
      })
      return { againMs: again }
    },
  }

  function deploymentsThere({ namespace, name }: Resource<'MailPlatform'>): PlatformEvidence['deployments'] {
    const there = (component: Component) => world.deployments.get(keyFor(namespace, componentName(name, component)))
    const all = COMPONENTS.map((component) => [component, there(component)] as const)
    return Object.fromEntries(all.filter(([, found]) => found !== undefined))
  }
}
