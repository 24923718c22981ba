import type { WithStatus } from '@postrider/kubernetes/status/status'

/** A custom resource as the store holds it. */
export interface StoredResource extends WithStatus {
  spec?: unknown
  metadata?: WithStatus['metadata'] & { creationTimestamp?: unknown }
}
