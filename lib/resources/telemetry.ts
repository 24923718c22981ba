/** Offsets from spec.telemetry.basePort at which the first process of each service serves health and metrics in standalone mode, where
 * all processes share the ports of one machine. The next process of a service uses the next port. */
export const TELEMETRY_OFFSETS = { notifier: 0, api: 10, delivery: 20, ingress: 40 } as const
