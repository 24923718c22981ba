import { BROKER_URL } from './broker.ts'
import { list, oneOf, text } from './codecs.ts'
import type { SettingsOf } from './contract.ts'
import { fields } from './contract.ts'
import { PROCESS } from './process.ts'
import { optional, variable, withDefault } from './variable.ts'

/** Secret with the accounts of the broker. */
export const BROKER_SECRET = variable('POSTRIDER_BROKER_SECRET', text)
/** Secret with the CA of the broker's certificate; absent without TLS. */
export const BROKER_TLS_SECRET = optional(variable('POSTRIDER_BROKER_TLS_SECRET', text))

/** The settings of the operator. The chart writes them (templates/operator.yaml). */
export const OPERATOR = fields({
  ...PROCESS,
  namespace: variable('POSTRIDER_NAMESPACE', text),
  /** Unique for each process. */
  podName: variable('POD_NAME', text),
  lease: withDefault(variable('POSTRIDER_LEASE', text), 'postrider-operator'),
  /** Service account of the operator itself; absent outside a cluster. */
  serviceAccount: optional(variable('POSTRIDER_SERVICE_ACCOUNT', text)),
  broker: fields({
    servers: BROKER_URL,
    /** Created if it does not exist. */
    secret: BROKER_SECRET,
    /** Version of the broker's configuration, if the broker is part of this release and must reload its accounts. */
    configuration: optional(variable('POSTRIDER_BROKER_RELOAD', text)),
    /** Secret in which a CA and a certificate are created. */
    tlsMake: optional(variable('POSTRIDER_BROKER_TLS_MAKE', text)),
    tlsSecret: BROKER_TLS_SECRET,
  }),
  /** Folder with the pod's token and ca.crt, if it is not the kubelet's default. */
  tokenFolder: optional(variable('POSTRIDER_TOKEN_FOLDER', text)),
  image: variable('POSTRIDER_IMAGE', text),
  imagePullPolicy: withDefault(
    variable('POSTRIDER_IMAGE_PULL_POLICY', oneOf(['Always', 'IfNotPresent', 'Never'])),
    'IfNotPresent',
  ),
  imagePullSecrets: withDefault(variable('POSTRIDER_IMAGE_PULL_SECRETS', list), []),
})
export type OperatorSettings = SettingsOf<typeof OPERATOR>
