import type { BrokerAccess, BrokerTls } from './connection.ts'
import type { Environment } from '@postrider/service/environment'

const TLS_FILES = {
  caFile: 'POSTRIDER_BROKER_CA_FILE',
  certFile: 'POSTRIDER_BROKER_CERT_FILE',
  keyFile: 'POSTRIDER_BROKER_KEY_FILE',
} as const

/** How a service reaches the broker: POSTRIDER_BROKER_URL (several by comma), _USER, and _PASSWORD or _PASSWORD_FILE; with TLS also
 * _CA_FILE, and _CERT_FILE with _KEY_FILE for a client certificate. */
export function brokerAccess(env: Environment): BrokerAccess {
  const tls: BrokerTls = {}
  for (const [field, setting] of Object.entries(TLS_FILES)) {
    const file = env.optional(setting)
    if (file !== undefined) tls[field as keyof typeof TLS_FILES] = file
  }
  return {
    servers: env.text('POSTRIDER_BROKER_URL').split(','),
    user: env.text('POSTRIDER_BROKER_USER'),
    password: env.secret('POSTRIDER_BROKER_PASSWORD'),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  }
}

/** The environment that brokerAccess reads. */
export function brokerEnvironment({ servers, user, password, tls = {} }: BrokerAccess): Record<string, string> {
  const files = Object.entries(TLS_FILES).flatMap(([field, setting]) => {
    const file = tls[field as keyof typeof TLS_FILES]
    return file === undefined ? [] : [[setting, file] as const]
  })
  return {
    POSTRIDER_BROKER_URL: servers.join(','),
    POSTRIDER_BROKER_USER: user,
    POSTRIDER_BROKER_PASSWORD: password,
    ...Object.fromEntries(files),
  }
}
