import type { Deployment } from '@postrider/plan/deployment'
import { TELEMETRY_OFFSETS } from '@postrider/resources/telemetry'

export type ServiceName = keyof typeof TELEMETRY_OFFSETS

/** A process of a service on this machine. */
export interface ServiceProcess {
  service: ServiceName
  /** From 0, for each service. */
  index: number
  telemetryPort: number
}

/** The processes of a deployment: notifier first, ingress last, so that mail is taken when all that comes after is there. */
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
