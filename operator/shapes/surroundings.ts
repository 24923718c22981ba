/** The image and the broker from the operator's own settings; the same for all pods. */
export interface Surroundings {
  image: string
  imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  imagePullSecrets: string[]
  /** nats://host:port of each server. */
  brokerServers: string[]
  /** Secret with the CA of the broker's certificate; undefined without TLS. */
  brokerTlsSecret?: string | undefined
}
