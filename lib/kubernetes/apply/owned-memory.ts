import { pathText } from './compare.ts'
import type { Difference } from './compare.ts'
import type { Contest } from './drift-backoff.ts'
import { refOf } from '../object/kinds.ts'
import { describeRef, keyOf } from '../object/object.ts'
import type { KubeObject, ObjectRef } from '../object/object.ts'

/** What is remembered about an object that we keep. */
export interface Memory {
  hash: string
  /** Identity of the owner: a recreated owner of the same name is another one. */
  owner: string
  /** Of our last write: a store that has not seen it is older. */
  version: string
  /** Values that the server normalizes (`1000m` to `1`), which are not drift. JSON, by path. */
  tolerated: Map<string, string>
  contest: Contest | undefined
}

/** What is remembered about the objects of a store. The caller bounds it: it reports an object that is no longer wanted (`forget`) and
 * an owner that is gone (`forgetOwner`). An object that is merely gone stays remembered, because it is recreated. */
export class OwnedMemory {
  readonly #byKey = new Map<string, { memory: Memory; owner: string }>()
  /** Keys of objects, by their owner's kind, namespace and name. */
  readonly #byOwner = new Map<string, Set<string>>()

  /** Undefined if it belonged to another owner of that name. */
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

  /** For an object that is no longer wanted. */
  forget(key: string): void {
    const owner = this.#byKey.get(key)?.owner
    if (owner === undefined) return
    this.#byKey.delete(key)
    const keys = this.#byOwner.get(owner)
    keys?.delete(key)
    if (keys?.size === 0) this.#byOwner.delete(owner)
  }

  /** For an owner that is gone: forgets all that was kept for it. */
  forgetOwner(owner: ObjectRef): void {
    const name = describeRef(owner)
    for (const key of this.#byOwner.get(name) ?? []) this.#byKey.delete(key)
    this.#byOwner.delete(name)
  }

  /** Number of remembered objects. */
  get size(): number {
    return this.#byKey.size
  }

  /** Number of owners of remembered objects. */
  get owners(): number {
    return this.#byOwner.size
  }
}

/** By store: an object in another connection's store is another object. */
const memories = new WeakMap<object, OwnedMemory>()

export function memoryOf(store: object): OwnedMemory {
  const known = memories.get(store) ?? new OwnedMemory()
  memories.set(store, known)
  return known
}

const identityOf = (owner: KubeObject): string => owner.metadata?.uid ?? keyOf(owner)

/** `left`: the differences that remain after applying it. */
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

/** Without what the server normalizes. */
export const untolerated = (found: Difference[], memory: Memory | undefined): Difference[] =>
  found.filter(({ path, live }) => memory?.tolerated.get(pathText(path)) !== textOf(live))

/** Whether the store has not seen our last write yet. Resource versions are growing numbers; if they are not, the store is trusted. */
export function isOlder(version: string | undefined, than: string): boolean {
  const [one, other] = [Number(version), Number(than)]
  return Number.isFinite(one) && Number.isFinite(other) && one < other
}
