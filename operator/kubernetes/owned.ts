import type { Cluster } from './client.ts'
import type { Clock } from './clock.ts'
import type { Recorder } from './events.ts'
import type { KubeObject, ObjectRef } from './object.ts'
import type { Store } from './watch.ts'

export interface EnsureOptions {
  /** Whether the owner becomes its controlling owner, so that it goes with it. Default: when they share a namespace. */
  ownerReference?: boolean
  /** Take an object that is there and was not made by us. Default false. */
  adopt?: boolean
  clock?: Clock
}

/** - created, updated: it was not there, or we want something else than before
 * - unchanged: no write was needed
 * - corrected: somebody had changed or deleted it; it is put back, and the owner has an Event
 * - contested: somebody changes it again and again; it is left as it is until `againMs` has passed */
export type Outcome = 'created' | 'updated' | 'unchanged' | 'corrected' | 'contested'

export interface Ensured<T> {
  outcome: Outcome
  /** As the server has it. */
  object: T
  /** Run again after this time: the caller returns the least of these from its run. */
  againMs?: number
  /** The fields that differed, e.g. `spec.template.spec.containers[ingress].image`. */
  fields?: string[]
  /** The field manager that changed them (`kubectl-edit`, ...), as far as it can be told. */
  by?: string
}

/** An object of this name is there and belongs to somebody else: nothing was written. */
export class NotOurs extends Error {
  override readonly name = 'NotOurs'
  readonly ref: ObjectRef
  constructor(ref: ObjectRef, message: string) {
    super(message)
    this.ref = ref
  }
}

/** Sees to it that an object is as wanted, by server-side apply; writes nothing when what the store holds is as wanted in all
 * fields that `wanted` gives. Fields that others add stay. Throws ApiError and NotOurs. `store` must be synced and hold this object. */
export async function ensure<T extends KubeObject>(
  cluster: Cluster,
  wanted: T,
  store: Store<T>,
  recorder: Recorder,
  owner: KubeObject,
  options: EnsureOptions = {},
): Promise<Ensured<T>> {
  throw new Error(`not there yet ${JSON.stringify([cluster, wanted, store, recorder, owner, options])}`)
}

/** Deletes an object that we made, if it is there; another's of that name stays. true when there was one to delete. */
export async function removeOwned<T extends KubeObject>(
  cluster: Cluster,
  ref: ObjectRef,
  store: Store<T>,
): Promise<boolean> {
  throw new Error(`not there yet ${JSON.stringify([cluster, ref, store])}`)
}
