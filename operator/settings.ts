import type { Environment } from '@postrider/service/environment'
import type { Surroundings } from './shapes/pod.ts'

/** What the operator's Deployment tells it. */
export interface Settings {
  namespace: string
  /** Unique a process: the pod's name. */
  identity: string
  lease: string
  /** Of the operator, made by the chart; absent outside a cluster. */
  serviceAccount: string | undefined
  broker: BrokerSettings
  /** Folder of the pod's token and ca.crt, where they are not where the kubelet puts them by itself. */
  tokenFolder: string | undefined
  surroundings: Surroundings
}

export interface BrokerSettings {
  /** nats://host:port, or tls://; several by comma. */
  url: string
  /** Secret with the broker's accounts; made when it is absent. */
  secret: string
  /** Of the broker's configuration, when the broker is part of this release and is told to read its accounts again. */
  configuration: string | undefined
  /** Secret that a CA and a certificate are made in. */
  tlsMake: string | undefined
  /** Secret with the CA that the broker's certificate is checked with; undefined without TLS. */
  tlsSecret: string | undefined
}

const POLICIES = ['Always', 'IfNotPresent', 'Never'] as const

/** Reads and checks the environment; throws what names the variable. */
export function readSettings(env: Environment): Settings {
  const policy = env.text('POSTRIDER_IMAGE_PULL_POLICY', 'IfNotPresent')
  const imagePullPolicy = POLICIES.find((known) => known === policy)
  if (imagePullPolicy === undefined)
    throw new Error(`POSTRIDER_IMAGE_PULL_POLICY is ${policy}, but must be one of ${POLICIES.join(', ')}`)
  const secrets = env.optional('POSTRIDER_IMAGE_PULL_SECRETS') ?? ''
  return {
    namespace: env.text('POSTRIDER_NAMESPACE'),
    identity: env.text('POD_NAME'),
    lease: env.text('POSTRIDER_LEASE', 'postrider-operator'),
    serviceAccount: env.optional('POSTRIDER_SERVICE_ACCOUNT'),
    broker: {
      url: env.text('POSTRIDER_BROKER_URL'),
      secret: env.text('POSTRIDER_BROKER_SECRET'),
      configuration: env.optional('POSTRIDER_BROKER_RELOAD'),
      tlsMake: env.optional('POSTRIDER_BROKER_TLS_MAKE'),
      tlsSecret: env.optional('POSTRIDER_BROKER_TLS_SECRET'),
    },
    tokenFolder: env.optional('POSTRIDER_TOKEN_FOLDER'),
    surroundings: {
      image: env.text('POSTRIDER_IMAGE'),
      imagePullPolicy,
      imagePullSecrets: secrets.split(',').filter((name) => name !== ''),
      brokerUrl: env.text('POSTRIDER_BROKER_URL'),
      brokerTlsSecret: env.optional('POSTRIDER_BROKER_TLS_SECRET'),
    },
  }
}
