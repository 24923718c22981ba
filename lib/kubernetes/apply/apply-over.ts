import type { Cluster } from '../transport/client.ts'
import { isInvalid } from '../transport/errors.ts'
import { refOf } from '../object/kinds.ts'
import type { KubeObject } from '../object/object.ts'

/** Applies an object; where that does not fit together with what others added to its lists (a Service's port without a name beside
 * our named ones, say), the lists are set to ours alone first. Throws ApiError. */
export async function applyOver<T extends KubeObject>(cluster: Cluster, desired: T): Promise<T> {
  try {
    return await cluster.apply(desired)
  } catch (error) {
    const { spec } = desired as { spec?: unknown }
    if (!isInvalid(error) || spec === undefined) throw error
    // A merge patch replaces lists whole; a field that is wrong in itself is refused again, with the reason.
    await cluster.merge(refOf(desired), { spec })
    return cluster.apply(desired)
  }
}
