import type { OperatorSettings } from '@postrider/contract/operator'
import type { Surroundings } from './shapes/surroundings.ts'

/** The settings of the operator, from its Deployment. */
export interface Settings {
  namespace: string
  /** Unique for each process: the pod's name. */
  identity: string
  lease: string
  /** The operator's own, from the chart; undefined outside a cluster. */
  serviceAccount: string | undefined
  broker: BrokerSettings
  surroundings: Surroundings
}

export type BrokerSettings = OperatorSettings['broker']

export function settingsOf(given: OperatorSettings): Settings {
  const { namespace, podName, lease, serviceAccount, broker, image, imagePullPolicy, imagePullSecrets } = given
  return {
    namespace,
    identity: podName,
    lease,
    serviceAccount,
    broker,
    surroundings: {
      image,
      imagePullPolicy,
      imagePullSecrets,
      brokerServers: broker.servers,
      brokerTlsSecret: broker.tlsSecret,
    },
  }
}
