import { isDeepStrictEqual } from 'node:util'
import type { Cluster } from '../transport/client.ts'
import { isNotFound } from '../transport/errors.ts'
import type { KubeObject } from '../object/object.ts'

/** Writes the whole status of an object by server-side apply when it differs from the one the object has; true when it wrote.
 * `object` is the store's; it may be gone by now, which is not an error. The order of conditions and of keys makes no difference. */
export async function writeStatus(
  cluster: Cluster,
  object: KubeObject & { status?: unknown },
  status: object,
): Promise<boolean> {
  const { apiVersion, kind, metadata } = object
  if (isDeepStrictEqual(comparable(status), comparable(object.status))) return false
  try {
    await cluster.applyStatus<KubeObject & { status: unknown }>({
      apiVersion: apiVersion ?? '',
      kind: kind ?? '',
      metadata: metadata ?? {},
      status,
    })
    return true
  } catch (error) {
    if (isNotFound(error)) return false
    throw error
  }
}

/** As JSON has it. */
function comparable(status: unknown): unknown {
  if (status === undefined) return {}
  const plain = JSON.parse(JSON.stringify(status)) as Record<string, unknown>
  const { conditions } = plain
  if (!Array.isArray(conditions)) return plain
  const byType = Object.fromEntries((conditions as { type: string }[]).map((condition) => [condition.type, condition]))
  return { ...plain, conditions: byType }
}
