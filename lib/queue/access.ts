import type { BrokerAccess } from './broker.ts'
import type { Environment } from '@postrider/telemetry/environment'

/** The broker a service is told to use: POSTRIDER_BROKER_URL, _USER and _PASSWORD (or _PASSWORD_FILE). */
export function brokerAccess(env: Environment): BrokerAccess {
  return {
    servers: env.text('POSTRIDER_BROKER_URL').split(','),
    user: env.text('POSTRIDER_BROKER_USER'),
    password: env.secret('POSTRIDER_BROKER_PASSWORD'),
  }
}
