import type { z } from 'zod'
import { API_VERSION, KINDS } from './kinds.ts'
import type { Kind, Resource, Spec } from './kinds.ts'
import { readResource } from './read.ts'
import type { Problem } from './read.ts'
import { STATUS } from './status.ts'

export type Status<K extends Kind> = z.infer<(typeof STATUS)[K]>

/** An object as the API server gives it. Lists leave out kind and apiVersion; metadata has more than a manifest. */
export interface Given {
  metadata?: { name?: string; namespace?: string }
  spec?: unknown
  status?: unknown
}

/** What a stored object says, checked once for all readers. */
export interface Stored<K extends Kind> {
  /** The resource, or everything that is wrong with it: an earlier CRD may have let it in. */
  read: { resource: Resource<K> } | { problems: Problem[] }
  /** The fields of the spec that are valid, each by itself: all of them when there is a resource. */
  spec: Partial<Spec<K>>
  /** What is valid in the status. */
  status: Partial<Status<K>>
}

/** Reads an object of a kind. Never throws. */
export function readStored<K extends Kind>(kind: K, { metadata, spec, status }: Given): Stored<K> {
  const { name, namespace } = metadata ?? {}
  const result = readResource({ apiVersion: API_VERSION, kind, metadata: { name, namespace }, spec }, 'cluster')
  // The manifest was made with this kind, and each shape is that of its schema.
  const read = result as Stored<K>['read']
  return {
    read,
    spec: 'resource' in read ? read.resource.spec : validFields(KINDS[kind].shape, spec),
    status: validStatus(STATUS[kind].shape, status),
  }
}

type Shape = Record<string, z.ZodType>

/** A stored field may be called `toString`. */
const fieldOf = (shape: Shape, name: string): z.ZodType | undefined =>
  Object.hasOwn(shape, name) ? shape[name] : undefined

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : []

/** As the schema of each field gives it, with its defaults. */
const validFields = (shape: Shape, value: unknown): object =>
  Object.fromEntries(
    entriesOf(value).flatMap(([name, field]) => {
      const parsed = fieldOf(shape, name)?.safeParse(field)
      return parsed?.success === true ? [[name, parsed.data]] : []
    }),
  )

/** As it is stored, so that it can be compared with what is to be written: a field that a later release wrote stays, and of a list
 * the entries that are understood. */
const validStatus = (shape: Shape, value: unknown): object =>
  Object.fromEntries(
    entriesOf(value).flatMap(([name, field]) => {
      const schema = fieldOf(shape, name)
      if (schema === undefined || schema.safeParse(field).success) return [[name, field]]
      return Array.isArray(field) ? [[name, field.filter((entry) => schema.safeParse([entry]).success)]] : []
    }),
  )
