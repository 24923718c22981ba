import type { Cluster } from './client.ts'
import type { KubeObject } from './object.ts'

/** Writes the whole status of an object by server-side apply when it differs from the one the object has; true when it wrote.
 * `object` is the store's; it may be gone by now, which is no error. */
export async function writeStatus<T extends KubeObject>(
  cluster: Cluster,
  object: T & { status?: unknown },
  status: object,
): Promise<boolean> {
  throw new Error(`not there yet ${JSON.stringify([cluster, object, status])}`)
}
