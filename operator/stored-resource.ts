import type { KubeObject } from '@postrider/kubernetes/object/object'

/** A custom resource as the store holds it. */
export interface StoredResource extends KubeObject {
  spec?: unknown
  status?: { conditions?: { type: string; status: string; lastTransitionTime: string }[] }
  metadata?: KubeObject['metadata'] & { creationTimestamp?: unknown }
}
