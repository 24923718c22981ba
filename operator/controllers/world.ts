import type {
  V1Deployment,
  V1Namespace,
  V1PodDisruptionBudget,
  V1Secret,
  V1Service,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node'
import type { Kind, Resource } from '@postrider/resources/kinds'
import type { Problem } from '@postrider/resources/read'
import { storedAs } from '../stored-resource.ts'
import type { StoredResource } from '../stored-resource.ts'
import type { Cluster } from '@postrider/kubernetes/transport/client'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { refAt } from '@postrider/kubernetes/object/object'
import type { KindRef, KubeObject, ObjectRef, Wire } from '@postrider/kubernetes/object/object'
import { watchKind } from '@postrider/kubernetes/cache/watch'
import type { Store, WatchOptions } from '@postrider/kubernetes/cache/watch'
import { MANAGER } from '../shapes/names.ts'

/** What the operator watches in the cluster. */
export interface World {
  platforms: Store<StoredResource<'MailPlatform'>>
  pools: Store<StoredResource<'DeliveryPool'>>
  policies: Store<StoredResource<'DestinationPolicy'>>
  domains: Store<StoredResource<'Domain'>>
  credentials: Store<StoredResource<'SMTPCredential'>>
  limits: Store<StoredResource<'SMTPLimit'>>
  senders: Store<StoredResource<'SenderAddress'>>
  namespaces: Store<Wire<V1Namespace>>
  /** Those that the operator made, in all namespaces. */
  secrets: Store<Wire<V1Secret>>
  deployments: Store<Wire<V1Deployment>>
  services: Store<Wire<V1Service>>
  budgets: Store<Wire<V1PodDisruptionBudget>>
  autoscalers: Store<Wire<V2HorizontalPodAutoscaler>>
}

/** What a change affects. */
export interface Changes {
  platform(): void
  configuration(): void
  domain(key: string): void
  credential(key: string): void
  sender(key: string): void
  /** A limit, pool or policy. */
  rule(object: ObjectRef): void
  /** Affects all Domains, credentials and senders. */
  tenants(): void
  /** A Secret of ours changed; its metadata shows what it belongs to. */
  secret(key: string, secret: Wire<V1Secret>): void
  onError(kind: string, error: unknown): void
}

const OURS = `app.kubernetes.io/managed-by=${MANAGER}`

/** Watches everything; resolves when all stores are synced: before that, absence means nothing. */
export async function watchWorld(cluster: Cluster, namespace: string, changes: Changes): Promise<World> {
  const watch = <T extends KubeObject>(
    kind: KindRef,
    onChange: (key: string, object: T | undefined, previous: T | undefined) => void,
    scope: Pick<WatchOptions<T>, 'namespace' | 'labelSelector' | 'read'> = {},
  ): Store<T> =>
    watchKind<T>(cluster, kind, { ...scope, onChange, onError: (error) => changes.onError(kind.kind, error) })
  const both = (): void => {
    changes.platform()
    changes.configuration()
  }
  const rule = (kind: Kind) => (key: string) => {
    changes.rule(refAt(KINDS[kind], key))
    changes.configuration()
  }
  /** Also calls `tenants` if more than the status changed. */
  const withTenants =
    (act: (key: string) => void) => (key: string, now: KubeObject | undefined, before: KubeObject | undefined) => {
      act(key)
      if (now?.metadata?.generation !== before?.metadata?.generation) changes.tenants()
    }
  /** One of our kinds: objects are parsed when they come. */
  const watchOwn = <K extends Kind>(
    kind: K,
    onChange: (key: string, now: StoredResource<K> | undefined, before: StoredResource<K> | undefined) => void,
    scope: { namespace?: string } = {},
  ): Store<StoredResource<K>> => watch(KINDS[kind], onChange, { ...scope, read: storedAs(kind) })
  const own = { namespace }
  const world: World = {
    platforms: watchOwn('MailPlatform', withTenants(both), own),
    pools: watchOwn('DeliveryPool', withTenants(rule('DeliveryPool')), own),
    policies: watchOwn('DestinationPolicy', rule('DestinationPolicy'), own),
    domains: watchOwn('Domain', (key) => {
      changes.domain(key)
      changes.configuration()
    }),
    credentials: watchOwn('SMTPCredential', (key) => {
      changes.credential(key)
      changes.configuration()
    }),
    limits: watchOwn('SMTPLimit', rule('SMTPLimit')),
    senders: watchOwn('SenderAddress', (key) => {
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

type StoredPlatform = StoredResource<'MailPlatform'>
export type PlatformFound =
  { platform: Resource<'MailPlatform'>; object: StoredPlatform } | { problems: Problem[]; object: StoredPlatform }

/** The MailPlatform that is served: the oldest of several. */
export function findPlatform({ platforms }: World): PlatformFound | undefined {
  const [object] = sortedByAge(platforms.list())
  if (object === undefined) return undefined
  const { read } = object
  return 'problems' in read ? { problems: read.problems, object } : { platform: read.resource, object }
}

export const sortedByAge = <T extends KubeObject>(objects: T[]): T[] =>
  [...objects].sort(
    (a, b) => ageOf(a).localeCompare(ageOf(b)) || (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? ''),
  )

const ageOf = ({ metadata }: KubeObject): string => metadata?.creationTimestamp ?? ''
