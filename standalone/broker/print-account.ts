import { accountConfig, serviceAccounts } from '@postrider/broker/accounts'
import { UsageError } from '../usage-error.ts'
import { keepPasswords } from './passwords.ts'

/** `postrider broker-config`: generates the passwords for a broker that is run elsewhere. Resolves with the configuration to print. Rejects
 * with a UsageError without a file. */
export async function printAccount(passwordsFile: string | undefined, shards: number): Promise<string[]> {
  if (passwordsFile === undefined)
    throw new UsageError('give the file for the passwords: postrider broker-config --passwords FILE')
  const passwords = await keepPasswords(passwordsFile, serviceAccounts(shards))
  return [
    "# For the accounts block of nats-server's configuration, on each server. Reload the servers when it changes.",
    '# The passwords are in clear: protect the file. Each server also needs, at the top level:',
    '#   max_payload: 8MB',
    '#   jetstream { sync_interval: always }',
    ...accountConfig(passwords, shards).trimEnd().split('\n'),
  ]
}
