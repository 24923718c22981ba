import type { Resource } from '@postrider/resources/kinds'
import type { Inventory } from './inventory.ts'

/** A broker that Postrider does not run. Paths are as written in the manifest. */
export interface OutsideBroker {
  servers: string[]
  passwordsFile: string
  caFile?: string
  certificateFile?: string
  keyFile?: string
}

export interface BrokerPlan {
  shards: number
  port: number
  /** Broker processes on a single machine; not used with `outside`. */
  servers: 1 | 3
  /** Copies of each stream. */
  replicas: number
  outside?: OutsideBroker
}

const OUTSIDE = ['passwordsFile', 'caFile', 'certificateFile', 'keyFile'] as const

export function planBroker(platform: Resource<'MailPlatform'>, inventory: Inventory): BrokerPlan {
  const { shards, port, servers, replicas, url, ...files } = platform.spec.broker
  const report = (field: string, problem: string): void => inventory.report(platform, `spec.broker.${field}`, problem)
  if (url === undefined) {
    for (const field of OUTSIDE) if (files[field] !== undefined) report(field, 'is allowed only with url')
    return { shards, port, servers, replicas }
  }
  if (servers > 1) report('servers', 'is not allowed with url, which names an external broker')
  if ((files.certificateFile === undefined) !== (files.keyFile === undefined))
    report('keyFile', 'and certificateFile must be given together')
  const { passwordsFile } = files
  if (passwordsFile === undefined) {
    report('passwordsFile', 'is missing; it must name the file with the passwords of the accounts')
    return { shards, port, servers, replicas }
  }
  return { shards, port, servers, replicas, outside: { ...files, servers: url.split(','), passwordsFile } }
}
