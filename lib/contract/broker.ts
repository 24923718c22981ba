import { list, text } from './codecs.ts'
import { fields, group } from './contract.ts'
import { optional, secret, variable } from './variable.ts'

/** `nats://host:port`, or `tls://` where TLS is required. */
export const BROKER_URL = variable('POSTRIDER_BROKER_URL', list)
export const BROKER_PASSWORD = secret('POSTRIDER_BROKER_PASSWORD')

/** How a process connects to the broker. For TLS with a private CA, or with a client certificate if the broker requires one: PEM files. */
export const BROKER = fields({
  servers: BROKER_URL,
  user: variable('POSTRIDER_BROKER_USER', text),
  password: BROKER_PASSWORD,
  tls: group(
    fields({
      caFile: optional(variable('POSTRIDER_BROKER_CA_FILE', text)),
      certFile: optional(variable('POSTRIDER_BROKER_CERT_FILE', text)),
      keyFile: optional(variable('POSTRIDER_BROKER_KEY_FILE', text)),
    }),
  ),
})
