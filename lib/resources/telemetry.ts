/** Standalone, where the processes of a machine share its ports: how far from spec.telemetry.basePort the first process of each service
 * answers. The next process of the service has the next port. */
export const TELEMETRY_OFFSETS = { notifier: 0, api: 10, delivery: 20, ingress: 40 } as const
