import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { BrokerAccess } from '@postrider/queue/broker'
import { accountRights } from './broker-accounts.ts'

/** The one user of the broker's system account. */
const WATCH = 'watch'

export interface BrokerFiles {
  configFile: string
  /** Access of each account. */
  access: (account: string) => BrokerAccess
}

/** Writes the broker's configuration for this state folder; the accounts' passwords are made once and kept. */
export async function writeBrokerConfig(folder: string, port: number, shards: number): Promise<BrokerFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const rights = accountRights(shards)
  const passwords = await keepPasswords(join(folder, 'accounts.json'), [...Object.keys(rights), WATCH])
  const users = Object.entries(rights).map(([user, { publishes, hears = [], answers = false }]) => {
    const subscribe = [`_INBOX_${user}.>`, ...hears]
    return `    { user: ${user}, password: "${passwords[user] ?? ''}", permissions: {
      publish: { allow: ${JSON.stringify(publishes)} }, subscribe: { allow: ${JSON.stringify(subscribe)} }${answers ? ', allow_responses: true' : ''} } }`
  })
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
# Who may ask the broker how it is, and nothing else.
system_account: SYS
accounts {
  SYS { users: [ { user: ${WATCH}, password: "${passwords[WATCH] ?? ''}", permissions: {
    publish: { allow: ["$SYS.REQ.SERVER.PING.HEALTHZ"] }, subscribe: { allow: ["_INBOX_${WATCH}.>"] } } } ] }
}
authorization {
  users: [
${users.join('\n')}
  ]
}
`
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
