import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { OutsideBroker } from '@postrider/plan/broker'
import { serviceAccounts } from '@postrider/broker/accounts'
import type { BrokerAccess, BrokerTls } from '@postrider/broker/connection'
import { UsageError } from '../usage-error.ts'

/** The access of each account to a broker that is run elsewhere. Throws a UsageError if a password is missing. */
export function outsideAccess(outside: OutsideBroker, shards: number): (account: string) => BrokerAccess {
  const { servers, passwordsFile, caFile, certificateFile, keyFile } = outside
  const passwords = readPasswords(passwordsFile)
  const missing = serviceAccounts(shards).filter((account) => typeof passwords[account] !== 'string')
  if (missing.length > 0)
    throw new UsageError(
      `${passwordsFile} has no password for ${missing.join(', ')}; run postrider broker-config to create them`,
    )
  const tls: BrokerTls = {
    ...(caFile === undefined ? {} : { caFile: resolve(caFile) }),
    ...(certificateFile === undefined ? {} : { certFile: resolve(certificateFile) }),
    ...(keyFile === undefined ? {} : { keyFile: resolve(keyFile) }),
  }
  return (user) => ({
    servers,
    user,
    password: String(passwords[user]),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  })
}

function readPasswords(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
  } catch (cause) {
    throw new UsageError(`${file}, of spec.broker.passwordsFile, cannot be read as JSON`, { cause })
  }
}
