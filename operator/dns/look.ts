import { Resolver } from 'node:dns/promises'
import { compareRecord } from './compare.ts'
import type { Answer, ComparedRecord } from './compare.ts'
import type { WantedRecord } from './wanted.ts'

/** Timeout of a query, and number of tries. */
const TIMEOUT_MS = 3000
const TRIES = 2
/** Codes that mean that there is no record; with any other the lookup failed. */
const NOTHING = new Set(['ENODATA', 'ENOTFOUND'])

export type Look = (wanted: WantedRecord[]) => Promise<ComparedRecord[]>

/** Looks up records at the given servers (`address` or `address:port`), or the system's. Never rejects: failed lookups are Unknown. */
export function createLook(servers: string[]): Look {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES })
  if (servers.length > 0) resolver.setServers(servers)
  return (wanted) => Promise.all(wanted.map(async (record) => compareRecord(record, await ask(resolver, record))))
}

const ASK: Record<WantedRecord['type'], (resolver: Resolver, name: string) => Promise<string[]>> = {
  TXT: async (resolver, name) => (await resolver.resolveTxt(name)).map((strings) => strings.join('')),
  MX: async (resolver, name) => (await resolver.resolveMx(name)).map(({ exchange }) => exchange || '.'),
  SRV: async (resolver, name) =>
    (await resolver.resolveSrv(name)).map(
      ({ priority, weight, port, name: host }) => `${priority} ${weight} ${port} ${host}.`,
    ),
  CNAME: async (resolver, name) => (await resolver.resolveCname(name)).map((host) => `${host}.`),
}

async function ask(resolver: Resolver, { type, name }: WantedRecord): Promise<Answer> {
  try {
    return { values: await ASK[type](resolver, name) }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return NOTHING.has(code) ? { values: [] } : { failed: code || message }
  }
}
