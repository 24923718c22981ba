import { pathText } from './compare.ts'
import type { Difference } from './compare.ts'
import type { Contest } from './drift-backoff.ts'
import { keyOf } from '../object/object.ts'
import type { KubeObject } from '../object/object.ts'

/** What is remembered of an object that we keep, for as long as the process lives. */
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

/** By store: what is kept by another connection is another object. */
const memories = new WeakMap<object, Map<string, Memory>>()

export function memoriesOf(store: object): Map<string, Memory> {
  const known = memories.get(store) ?? new Map<string, Memory>()
  memories.set(store, known)
  return known
}

const identityOf = (owner: KubeObject): string => owner.metadata?.uid ?? keyOf(owner)

/** Undefined for what belonged to another owner of that name. */
export function recall(known: Map<string, Memory>, key: string, owner: KubeObject): Memory | undefined {
  const memory = known.get(key)
  return memory?.owner === identityOf(owner) ? memory : undefined
}

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
