import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBroker } from '@postrider/broker/connection'
import type { Broker } from '@postrider/broker/connection'

/** The broker of a platform on this machine, as the platform's owner, who may read and write anywhere. */
export async function openAsOwner(state: string, port: number): Promise<Broker> {
  const { admin } = JSON.parse(readFileSync(join(state, 'broker', 'accounts.json'), 'utf8')) as { admin: string }
  return openBroker('test', { servers: [`nats://127.0.0.1:${port}`], user: 'admin', password: admin })
}
