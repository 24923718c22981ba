import { FIELD_MANAGER } from '../transport/client.ts'
import { applyOver } from './apply-over.ts'
import type { Cluster } from '../transport/client.ts'
import { systemClock } from '../reconcile/clock.ts'
import type { Clock } from '../reconcile/clock.ts'
import { differences, pathText } from './compare.ts'
import type { Difference } from './compare.ts'
import { corrected, isContested, truceMs } from './drift-backoff.ts'
import { tellDrift } from './drift-note.ts'
import type { Recorder } from '../status/events.ts'
import { refOf } from '../object/kinds.ts'
import { managersOf } from './managers.ts'
import { describeRef, keyFor, keyOf } from '../object/object.ts'
import type { KubeObject, ObjectRef, OwnerReference } from '../object/object.ts'
import { isOlder, memoryOf, remember, untolerated } from './owned-memory.ts'
import type { Memory } from './owned-memory.ts'
import { appliedHash, complete, isGoing, isOurs, managedFieldsOf, ownerReferenceFor } from './ownership.ts'
import type { Store } from '../cache/watch.ts'

export interface EnsureOptions {
  /** Its controller, with which it is deleted; null for none. Default: the owner, if they share a namespace. */
  goesWith?: KubeObject | null
  /** Take over an existing object that we did not create. Default false. */
  adopt?: boolean
  clock?: Clock
}

/** - created, updated: it did not exist, or we want something else than before
 * - unchanged: no write was needed
 * - corrected: someone had changed or deleted it; it is restored, and the owner has an Event
 * - contested: someone changes it repeatedly; it stays as it is until `againMs` has passed, and the owner has an Event with the
 * field manager */
export type Outcome = 'created' | 'updated' | 'unchanged' | 'corrected' | 'contested'

export interface Ensured<T> {
  outcome: Outcome
  /** The live object. */
  object: T
  /** Run again after this time: the caller returns the least of these delays. */
  againMs?: number
  /** The fields that differed, e.g. `spec.template.spec.containers[ingress].image`. */
  fields?: string[]
  /** The field manager that changed them (`kubectl-edit`, ...), if known. */
  by?: string
}

/** An object of this name exists and belongs to someone else: nothing was written. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError'
  readonly ref: ObjectRef
  constructor(ref: ObjectRef) {
    super(`${describeRef(ref)} already exists and was not created by Postrider; rename or delete it`)
    this.ref = ref
  }
}

/** An object that is being deleted is checked again after this. */
const GOING_MS = 10_000

/** Makes an object as wanted, by server-side apply; writes nothing if the stored object already has all fields of `wanted`. Fields that
 * others add stay. Changes by others are reverted, with an Event on the owner that names the fields and the field manager; from the
 * fifth time within minutes on, with growing delays. Throws ApiError and NotOwnedError. `store` must be synced; it may hold only objects
 * with our labels. */
export async function ensure<T extends KubeObject>(
  cluster: Cluster,
  wanted: T,
  store: Store<T>,
  recorder: Recorder,
  owner: KubeObject,
  options: EnsureOptions = {},
): Promise<Ensured<T>> {
  const ref = refOf(wanted)
  const key = keyOf(wanted)
  const known = memoryOf(store)
  const memory = known.recall(key, owner)
  const { desired, hash } = complete(wanted, referenceOf(wanted, owner, options))
  const live = await current(cluster, ref, store.get(key), memory)
  const keep = (object: T, left: Difference[], contest = memory?.contest): void =>
    known.keep(key, owner, remember(hash, owner, object, left, contest))

  if (live === undefined) {
    if (memory !== undefined) return putBack([])
    return applyAs('created')
  }
  if (isGoing(live)) return { outcome: 'unchanged', object: live, againMs: GOING_MS }
  if (memory === undefined && options.adopt !== true && !isOurs(live, owner)) throw new NotOwnedError(ref)
  const differing = untolerated(differences(desired, live), memory)
  if (differing.length === 0) {
    if (memory?.hash !== hash) keep(live, [])
    return { outcome: 'unchanged', object: live }
  }
  // It is not drift if what we want has changed.
  return (memory?.hash ?? appliedHash(live)) === hash ? putBack(differing) : applyAs('updated', live)

  async function applyAs(outcome: Outcome, before?: T): Promise<Ensured<T>> {
    const object = await applyOver(cluster, desired)
    keep(object, differences(desired, object))
    return { outcome: sameVersion(before, object) ? 'unchanged' : outcome, object }
  }

  async function putBack(found: Difference[]): Promise<Ensured<T>> {
    const now = (options.clock ?? systemClock).now()
    const fields = found.map(({ path }) => pathText(path))
    const waitMs = truceMs(memory?.contest, now)
    if (waitMs > 0) return { outcome: 'contested', object: live ?? desired, againMs: waitMs, fields }
    // Read again from the server, because the store omits managedFields.
    const before = live === undefined ? undefined : await cluster.get<T>(ref)
    const paths = found.map(({ path }) => path)
    const [by] = before === undefined ? [] : managersOf(managedFieldsOf(before), paths, FIELD_MANAGER)
    const object = await applyOver(cluster, desired)
    const left = differences(desired, object)
    if (sameVersion(before, object)) {
      keep(object, left)
      return { outcome: 'unchanged', object }
    }
    const contest = corrected(memory?.contest, now)
    keep(object, left, contest)
    tellDrift(recorder, owner, { ref, fields, by, contested: isContested(contest) })
    return { outcome: 'corrected', object, fields, ...(by === undefined ? {} : { by }) }
  }
}

function referenceOf(wanted: KubeObject, owner: KubeObject, { goesWith }: EnsureOptions): OwnerReference | undefined {
  return goesWith === null ? undefined : ownerReferenceFor(wanted, goesWith ?? owner)
}

/** Deletes an object if it exists and is ours. True if there was one to delete. */
export async function removeOwned<T extends KubeObject>(
  cluster: Cluster,
  ref: ObjectRef,
  store: Store<T>,
): Promise<boolean> {
  const key = keyFor(ref.namespace, ref.name)
  const live = store.get(key)
  memoryOf(store).forget(key)
  if (live === undefined || !isOurs(live, undefined)) return false
  const { uid } = live.metadata ?? {}
  return cluster.remove(ref, uid === undefined ? undefined : { uid })
}

/** To be called when an object that `ensure` kept was removed without `removeOwned`. */
export const forgetOwned = ({ namespace, name }: ObjectRef, store: object): void =>
  memoryOf(store).forget(keyFor(namespace, name))

/** To be called when the owner of objects that `ensure` kept in these stores is gone: drops what is remembered about them. */
export function forgetOwner(owner: ObjectRef, ...stores: object[]): void {
  for (const store of stores) memoryOf(store).forgetOwner(owner)
}

/** Number of remembered objects of a store. */
export const rememberedIn = (store: object): number => memoryOf(store).size

/** From the store; or from the server if the store lags behind our own write, or does not have the object. */
async function current<T extends KubeObject>(
  cluster: Cluster,
  ref: ObjectRef,
  stored: T | undefined,
  memory: Memory | undefined,
): Promise<T | undefined> {
  const late =
    stored === undefined || (memory !== undefined && isOlder(stored.metadata?.resourceVersion, memory.version))
  return late ? cluster.get<T>(ref) : stored
}

const sameVersion = (one: KubeObject | undefined, other: KubeObject): boolean =>
  one?.metadata?.resourceVersion === other.metadata?.resourceVersion
