import type {
  V1Deployment,
  V1Namespace,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node'
import type { Kind, Resource } from '@postrider/resources/kinds'
import { readResource } from '@postrider/resources/read'
import type { Problem } from '@postrider/resources/read'
import { findingKey, manifestOf } from './configuration/gather.ts'
import type { StoredResource } from '../stored-resource.ts'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import type { KindRef, KubeObject, Wire } from '@postrider/kubernetes/object/object'
import { watchKind } from '@postrider/kubernetes/cache/watch'
import type { Store } from '@postrider/kubernetes/cache/watch'
import { MANAGER } from '../shapes/names.ts'

/** All that the operator sees of the cluster. */
export interface World {
  platforms: Store<StoredResource>
  pools: Store<StoredResource>
  policies: Store<StoredResource>
  domains: Store<StoredResource>
  credentials: Store<StoredResource>
  limits: Store<StoredResource>
  senders: Store<StoredResource>
  namespaces: Store<Wire<V1Namespace>>
  /** Those that the operator made, in all namespaces. */
  secrets: Store<Wire<V1Secret>>
  deployments: Store<Wire<V1Deployment>>
  services: Store<Wire<V1Service>>
  budgets: Store<Wire<V1PodDisruptionBudget>>
  autoscalers: Store<Wire<V2HorizontalPodAutoscaler>>
}

/** What a change in the world concerns. */
export interface Changes {
  platform(): void
  configuration(): void
  domain(key: string): void
  credential(key: string): void
  sender(key: string): void
  /** A limit, pool or policy, as `Kind namespace/name`. */
  rule(object: string): void
  /** What all Domains and credentials depend on. */
  tenants(): void
  /** A Secret of ours changed; its labels and name tell whose it is. */
  secret(key: string, secret: Wire<V1Secret>): void
  onError(kind: string, error: unknown): void
}

const OURS = `app.kubernetes.io/managed-by=${MANAGER}`

/** Watches everything; resolves when all is known. Nothing is concluded from absence before. */
export async function watchWorld(cluster: Cluster, namespace: string, changes: Changes): Promise<World> {
  const watch = <T extends KubeObject>(
    kind: KindRef,
    onChange: (key: string, object: T | undefined, previous: T | undefined) => void,
    scope: { namespace?: string; labelSelector?: string } = {},
  ): Store<T> =>
    watchKind<T>(cluster, kind, { ...scope, onChange, onError: (error) => changes.onError(kind.kind, error) })
  const both = (): void => {
    changes.platform()
    changes.configuration()
  }
  const rule = (kind: Kind) => (key: string) => {
    changes.rule(findingKey(kind, key))
    changes.configuration()
  }
  /** Also when the spec has changed, and not only a status of ours. */
  const withTenants =
    (act: (key: string) => void) =>
    (key: string, now: StoredResource | undefined, before: StoredResource | undefined) => {
      act(key)
      if (now?.metadata?.generation !== before?.metadata?.generation) changes.tenants()
    }
  const own = { namespace }
  const world: World = {
    platforms: watch(KINDS.MailPlatform, withTenants(both), own),
    pools: watch(KINDS.DeliveryPool, withTenants(rule('DeliveryPool')), own),
    policies: watch(KINDS.DestinationPolicy, rule('DestinationPolicy'), own),
    domains: watch(KINDS.Domain, (key) => {
      changes.domain(key)
      changes.configuration()
    }),
    credentials: watch(KINDS.SMTPCredential, (key) => {
      changes.credential(key)
      changes.configuration()
    }),
    limits: watch(KINDS.SMTPLimit, rule('SMTPLimit')),
    senders: watch(KINDS.SenderAddress, (key) => {
      changes.sender(key)
      changes.configuration()
    }),
    namespaces: watch(KINDS.Namespace, changes.configuration),
    secrets: watch<Wire<V1Secret>>(
      KINDS.Secret,
      (key, secret, previous) => {
        const either = secret ?? previous
        if (either !== undefined) changes.secret(key, either)
      },
      { labelSelector: OURS },
    ),
    deployments: watch(KINDS.Deployment, changes.platform, { ...own, labelSelector: OURS }),
    services: watch(KINDS.Service, changes.platform, { ...own, labelSelector: OURS }),
    budgets: watch(KINDS.PodDisruptionBudget, changes.platform, { ...own, labelSelector: OURS }),
    autoscalers: watch(KINDS.HorizontalPodAutoscaler, changes.platform, { ...own, labelSelector: OURS }),
  }
  await Promise.all(Object.values(world).map((store: Store<unknown>) => store.synced))
  return world
}

export const stopWorld = (world: World): void => {
  for (const store of Object.values(world) as Store<unknown>[]) store.stop()
}

export type PlatformFound =
  { platform: Resource<'MailPlatform'>; object: StoredResource } | { problems: Problem[]; object: StoredResource }

/** The one MailPlatform: the oldest, where there are several. */
export function findPlatform({ platforms }: World): PlatformFound | undefined {
  const [object] = sortedByAge(platforms.list())
  if (object === undefined) return undefined
  const read = readResource(manifestOf('MailPlatform', object), 'cluster')
  if ('problems' in read) return { problems: read.problems, object }
  // The manifest was made with this kind.
  return { platform: read.resource as Resource<'MailPlatform'>, object }
}

export const sortedByAge = (objects: StoredResource[]): StoredResource[] =>
  [...objects].sort(
    (a, b) => ageOf(a).localeCompare(ageOf(b)) || (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? ''),
  )

const ageOf = ({ metadata }: StoredResource): string => (metadata?.creationTimestamp as string | undefined) ?? ''
