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
  /** Its controlling owner, with which it goes; null for none. Default: the owner, when they share a namespace. */
  goesWith?: KubeObject | null
  /** Take an object that is there and was not made by us. Default false. */
  adopt?: boolean
  clock?: Clock
}

/** - created, updated: it was not there, or we want something else than before
 * - unchanged: no write was needed
 * - corrected: somebody had changed or deleted it; it is put back, and the owner has an Event
 * - contested: somebody changes it again and again; it is left as it is until `againMs` has passed, and the owner has an Event
 * that names who */
export type Outcome = 'created' | 'updated' | 'unchanged' | 'corrected' | 'contested'

export interface Ensured<T> {
  outcome: Outcome
  /** As the server has it. */
  object: T
  /** Run again after this time: the caller returns the least of these from its run. */
  againMs?: number
  /** The fields that differed, e.g. `spec.template.spec.containers[ingress].image`. */
  fields?: string[]
  /** The field manager that changed them (`kubectl-edit`, ...), as far as it is known. */
  by?: string
}

/** An object of this name is there and belongs to somebody else: nothing was written. */
export class NotOwnedError extends Error {
  override readonly name = 'NotOwnedError'
  readonly ref: ObjectRef
  constructor(ref: ObjectRef) {
    super(`${describeRef(ref)} already exists and was not created by Postrider; rename or delete it`)
    this.ref = ref
  }
}

/** An object on its way out comes back when it is gone. */
const GOING_MS = 10_000

/** Sees to it that an object is as wanted, by server-side apply; writes nothing when what the store holds is as wanted in all
 * fields that `wanted` gives. Fields that others add stay. What somebody changed is put back, and the owner's Event names the fields
 * and who it was; from the fifth time within minutes on, ever more rarely. Throws ApiError and NotOwnedError. `store` must be synced; it
 * may be of those objects only that have our labels. */
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
  // A change of what we want is not drift.
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

/** Deletes an object that we made, if it is there; another's of that name stays. true when there was one to delete. */
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

/** To be called when an object that `ensure` kept was removed in another way than by `removeOwned`. */
export const forgetOwned = ({ namespace, name }: ObjectRef, store: object): void =>
  memoryOf(store).forget(keyFor(namespace, name))

/** To be called when an object is gone for which `ensure` kept others in these stores: what is remembered of them leaves memory. */
export function forgetOwner(owner: ObjectRef, ...stores: object[]): void {
  for (const store of stores) memoryOf(store).forgetOwner(owner)
}

/** How many objects are remembered of those that were kept in a store. */
export const rememberedIn = (store: object): number => memoryOf(store).size

/** From the store, or from the server when the store cannot know yet: after our own write, and before we say that it is absent. */
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
