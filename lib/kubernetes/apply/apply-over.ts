import type { Cluster } from '../transport/client.ts'
import { isInvalid } from '../transport/errors.ts'
import { refOf } from '../object/kinds.ts'
import type { KubeObject } from '../object/object.ts'

/** Applies an object. If that conflicts with what others added to its lists (such as a Service port without a name next to our named
 * ones), the lists are first replaced with ours. Throws ApiError. */
export async function applyOver<T extends KubeObject>(cluster: Cluster, desired: T): Promise<T> {
  try {
    return await cluster.apply(desired)
  } catch (error) {
    const { spec } = desired as { spec?: unknown }
    if (!isInvalid(error) || spec === undefined) throw error
    // A merge patch replaces whole lists. A field that is itself invalid is rejected again, with the reason.
    await cluster.merge(refOf(desired), { spec })
    return cluster.apply(desired)
  }
}
