import type { Prometheus } from '../monitoring/prometheus.ts'

/** A Prometheus on this machine, which reaches the pods of a cluster of its own node. */
export interface Watching {
  prometheus: Prometheus
  stop(): Promise<void>
}
