import type { Deployment } from '@postrider/plan/deployment'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'

export type ServiceName = keyof typeof TELEMETRY_OFFSETS

/** A process of a service on this machine. */
export interface ServiceProcess {
  service: ServiceName
  /** Number of the process within its service, from 0. */
  index: number
  telemetryPort: number
}

/** The processes of a deployment in their start order: the ingress last, so that mail is accepted only when everything behind it runs. */
export function processesOf({ api, delivery, ingress, telemetry }: Deployment): ServiceProcess[] {
  const several = (service: ServiceName, count: number): ServiceProcess[] =>
    Array.from({ length: count }, (_, index) => ({
      service,
      index,
      telemetryPort: telemetry.basePort + TELEMETRY_OFFSETS[service] + index,
    }))
  return [
    ...several('notifier', 1),
    ...several('api', api.replicas),
    ...several('delivery', delivery.replicas),
    ...several('ingress', ingress.replicas),
  ]
}
