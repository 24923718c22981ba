/** Names and labels of what the operator makes. */

export const COMPONENTS = ['ingress', 'delivery', 'notifier', 'api'] as const
export type Component = (typeof COMPONENTS)[number]

export const MANAGER = 'postrider-operator'
export const API_GROUP = 'postrider.dev'

export const labelsOf = (platform: string, component?: Component): Record<string, string> => ({
  'app.kubernetes.io/name': 'postrider',
  'app.kubernetes.io/instance': platform,
  'app.kubernetes.io/managed-by': MANAGER,
  ...(component === undefined ? {} : { 'app.kubernetes.io/component': component }),
})

/** Labels that select the pods of a component: as few as possible, because a Deployment's selector is immutable. */
export const selectorOf = (platform: string, component: Component): Record<string, string> => ({
  'app.kubernetes.io/name': 'postrider',
  'app.kubernetes.io/instance': platform,
  'app.kubernetes.io/component': component,
})

export const componentName = (platform: string, component: Component): string => `${platform}-${component}`
export const platformKeyName = (platform: string): string => `${platform}-platform-key`
export const localTlsName = (platform: string): string => `${platform}-tls-local`
export const brokerAccessName = (platform: string, component: Component): string => `${platform}-broker-${component}`
export const credentialSecretName = (credential: string): string => `${credential}-smtp`

/** Port of /healthz, /readyz and /metrics in every pod. */
export const TELEMETRY_PORT = 9464
