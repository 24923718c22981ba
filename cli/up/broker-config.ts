import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrokerAccess } from '@postrider/queue/broker'
import { accountNames, authConfig } from '@postrider/queue/accounts'

export interface BrokerFiles {
  configFile: string
  /** Access of each account. */
  access: (account: string) => BrokerAccess
}

/** Writes the broker's configuration for this state folder; the accounts' passwords are made once and kept. */
export async function writeBrokerConfig(folder: string, port: number, shards: number): Promise<BrokerFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const passwords = await keepPasswords(join(folder, 'accounts.json'), accountNames(shards))
  const configFile = join(folder, 'nats.conf')
  const text = `# Written by postrider up at each start.
listen: "127.0.0.1:${port}"
# A batch of events or a record with many recipients may be over the default of 1 MB.
max_payload: 8MB
# What the broker still holds back for a client that reads slowly.
max_pending: 256MB
jetstream {
  store_dir: ${JSON.stringify(join(folder, 'store'))}
  # A 250 means that the message is on disk: each write is synced before it is confirmed.
  sync_interval: always
  max_file_store: 1TB
}
${authConfig(passwords, shards)}`
  await writeFile(configFile, text, { mode: 0o600 })
  const servers = [`nats://127.0.0.1:${port}`]
  return { configFile, access: (user) => ({ servers, user, password: passwords[user] ?? '' }) }
}

async function keepPasswords(file: string, users: string[]): Promise<Record<string, string>> {
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>) : {}
  for (const user of users) kept[user] ??= randomBytes(24).toString('base64url')
  await writeFile(file, JSON.stringify(kept, null, 2), { mode: 0o600 })
  return kept
}
