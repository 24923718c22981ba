import { pathText } from './compare.ts'
import type { Difference } from './compare.ts'
import type { Contest } from './drift-backoff.ts'
import { refOf } from '../object/kinds.ts'
import { describeRef, keyOf } from '../object/object.ts'
import type { KubeObject, ObjectRef } from '../object/object.ts'

/** What is remembered of an object that we keep. */
export interface Memory {
  hash: string
  /** Of the owner: a new owner of the same name has nothing to do with it. */
  owner: string
  /** The store is older than this until it has seen our last write. */
  version: string
  /** What the server writes otherwise than we do (`1000m` as `1`): no drift. By path, as JSON. */
  tolerated: Map<string, string>
  contest: Contest | undefined
}

/** What is remembered of the objects of a store. It is bounded by what is kept: who keeps an object tells when it is not wanted any more
 * (`forget`), or when its owner is gone (`forgetOwner`). That the object itself is gone says nothing: it is put back. */
export class OwnedMemory {
  readonly #byKey = new Map<string, { memory: Memory; owner: string }>()
  /** Keys of objects, by their owner's kind, namespace and name. */
  readonly #byOwner = new Map<string, Set<string>>()

  /** Undefined for what belonged to another owner of that name. */
  recall(key: string, owner: KubeObject): Memory | undefined {
    const memory = this.#byKey.get(key)?.memory
    return memory?.owner === identityOf(owner) ? memory : undefined
  }

  keep(key: string, owner: KubeObject, memory: Memory): void {
    this.forget(key)
    const name = describeRef(refOf(owner))
    this.#byKey.set(key, { memory, owner: name })
    const keys = this.#byOwner.get(name) ?? new Set()
    this.#byOwner.set(name, keys.add(key))
  }

  /** The object is not wanted any more. */
  forget(key: string): void {
    const owner = this.#byKey.get(key)?.owner
    if (owner === undefined) return
    this.#byKey.delete(key)
    const keys = this.#byOwner.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) this.#byOwner.delete(owner)
  }

  /** The owner is gone, and with it all that was kept for it. */
  forgetOwner(owner: ObjectRef): void {
    const name = describeRef(owner)
    for (const key of this.#byOwner.get(name) ?? []) this.#byKey.delete(key)
    this.#byOwner.delete(name)
  }

  /** How many objects are remembered. */
  get size(): number {
    return this.#byKey.size
  }

  /** How many owners have some that are remembered. */
  get owners(): number {
    return this.#byOwner.size
  }
}

/** By store: what is kept by another connection is another object. */
const memories = new WeakMap<object, OwnedMemory>()

export function memoryOf(store: object): OwnedMemory {
  const known = memories.get(store) ?? new OwnedMemory()
  memories.set(store, known)
  return known
}

const identityOf = (owner: KubeObject): string => owner.metadata?.uid ?? keyOf(owner)

/** `left`: what differs even after it was applied. */
export function remember(
  hash: string,
  owner: KubeObject,
  object: KubeObject,
  left: Difference[],
  contest?: Contest,
): Memory {
  return {
    hash,
    owner: identityOf(owner),
    version: object.metadata?.resourceVersion ?? '',
    tolerated: new Map(left.map(({ path, live }) => [pathText(path), textOf(live)])),
    contest,
  }
}

const textOf = (value: unknown): string => (value === undefined ? '' : JSON.stringify(value))

/** Without what the server writes otherwise. */
export const untolerated = (found: Difference[], memory: Memory | undefined): Difference[] =>
  found.filter(({ path, live }) => memory?.tolerated.get(pathText(path)) !== textOf(live))

/** Whether the store has not yet seen our last write. Resource versions are numbers that grow; should they be something else, the store is believed. */
export function isOlder(version: string | undefined, than: string): boolean {
  const [one, other] = [Number(version), Number(than)]
  return Number.isFinite(one) && Number.isFinite(other) && one < other
}
