/** How the operator copes with many tenants: `node test/bench/operator-scale.ts --domains 1000 --credentials 2000 --quiet-minutes 10`.
 * A real API server, broker, DNS server and operator; prints the figures of docs/kubernetes/sizing.md. */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { readEntries } from '@postrider/runtime-config/store'
import { conditionOf, OPERATOR_USER, startOperatorWorld, SYSTEM } from '../support/operator.ts'
import type { OperatorProcess, OperatorWorld, Resource } from '../support/operator.ts'
import { openAsAdmin } from '../support/published.ts'
import { startUnbound } from '../support/unbound.ts'
import type { Unbound } from '../support/unbound.ts'
import { auditLog } from './operator-scale-audit.ts'
import type { AuditLog, Write } from './operator-scale-audit.ts'
import { ProcessTree } from './process-tree.ts'

const { values } = parseArgs({
  options: {
    domains: { type: 'string', default: '1000' },
    credentials: { type: 'string', default: '2000' },
    'quiet-minutes': { type: 'string', default: '10' },
  },
})
const DOMAINS = Number(values.domains)
const CREDENTIALS = Number(values.credentials)
const QUIET_MS = Number(values['quiet-minutes']) * 60_000
const NAMESPACES = 10
/** What the chart's flags come to in a container of 256 MiB, its limit; here there is no container. */
const HEAP = ['--max-old-space-size=128', '--max-semi-space-size=4']
process.env['MALLOC_MMAP_THRESHOLD_'] = '131072'
const POLL_MS = 5000
const MAX_MS = 30 * 60_000
/** Between the last change and the quiet time. */
const REST_MS = 60_000

const namespaceOf = (index: number): string => `tenant-${index % NAMESPACES}`
const domainName = (index: number): string => `d${index}.scale.test`

async function measure(world: OperatorWorld, operator: OperatorProcess, dns: Unbound, audit: AuditLog): Promise<void> {
  const tree = new ProcessTree([operator.pid])
  await world.put('MailPlatform', SYSTEM, 'mail', {
    hostName: 'mail.platform.test',
    tenants: { namespaces: { from: 'All' } },
    dns: { resolvers: [dns.address] },
  })
  for (let index = 0; index < NAMESPACES; index++) await world.namespace(`tenant-${index}`)

  const begunAt = Date.now()
  await inParallel(DOMAINS, (index) =>
    world.put('Domain', namespaceOf(index), `d${index}`, { domainName: domainName(index) }),
  )
  await inParallel(CREDENTIALS, (index) =>
    world.put('SMTPCredential', namespaceOf(index % DOMAINS), `c${index}`, {
      address: `c${index}@${domainName(index % DOMAINS)}`,
      domainRef: { name: `d${index % DOMAINS}` },
    }),
  )
  tell('applied', begunAt, tree, operator)
  await until('keys, records and passwords are there', world, ({ domains, credentials }) => [
    domains.filter((domain) => records(domain).length === 6).length + credentials.filter(hasSecret).length,
    DOMAINS + CREDENTIALS,
  ])
  tell('every Domain has its keys and records, every credential its Secret', begunAt, tree, operator)
  await untilPublished(world)
  tell('the services know every credential', begunAt, tree, operator)

  for (const domain of await world.cluster.list<Resource>(KINDS.Domain)) await dns.add(...records(domain).map(zoneLine))
  const publishedAt = Date.now()
  await until('Ready', world, ({ domains, credentials }) => [
    [...domains, ...credentials].filter((resource) => conditionOf(resource, 'Ready') === 'True Ready').length,
    DOMAINS + CREDENTIALS,
  ])
  tell('all Ready after the last DNS record', publishedAt, tree, operator)
  console.log(`operator's writes until then: ${counted(audit.writes(OPERATOR_USER, begunAt))}`)

  await pause(REST_MS)
  await tellLatency(world)
  await pause(REST_MS)
  const quietAt = Date.now()
  const cpuBefore = tree.cpuSeconds()
  while (Date.now() < quietAt + QUIET_MS) {
    await pause(Math.min(60_000, QUIET_MS))
    console.log(`quiet for ${seconds(quietAt)}: ${counted(audit.writes(OPERATOR_USER, quietAt)) || 'no writes'}`)
  }
  const minutes = (Date.now() - quietAt) / 60_000
  const writes = audit.writes(OPERATOR_USER, quietAt)
  const others = writes.filter(({ resource }) => resource !== 'leases')
  for (const write of others.slice(0, 20)) console.log(JSON.stringify(write))
  console.log(
    `quiet for ${minutes.toFixed(1)} min: ${(others.length / minutes).toFixed(2)} writes/min beside ` +
      `${((writes.length - others.length) / minutes).toFixed(1)} Lease renewals/min, ` +
      `${((tree.cpuSeconds() - cpuBefore) / minutes / 0.6).toFixed(1)} % of a core`,
  )
  console.log(`VmHWM ${highWater(operator)} MiB`)
  await tellRestart(world, operator)
}

/** Of an operator that finds everything done. */
async function tellRestart(world: OperatorWorld, operator: OperatorProcess): Promise<void> {
  await operator.end()
  const since = Date.now()
  const next = await world.startOperator('operator-1')
  await pause(REST_MS)
  const writes = counted(audit.writes(OPERATOR_USER, since).filter(({ resource }) => resource !== 'leases'))
  const tree = new ProcessTree([next.pid])
  tell(`a new operator wrote ${writes || 'nothing'}`, since, tree, next)
}

/** Of one change among all these, until the broker has it. */
async function tellLatency(world: OperatorWorld): Promise<void> {
  const took: number[] = []
  for (let index = 0; index < 5; index++) {
    const since = Date.now()
    await world.remove('SMTPCredential', namespaceOf(index), `c${index}`)
    while ((await credentialKeys(world)).length > CREDENTIALS - 1 - index) await pause(50)
    took.push(Date.now() - since)
  }
  console.log(`a deleted credential is gone from what the services know after ${took.join(', ')} ms`)
}

async function untilPublished(world: OperatorWorld): Promise<void> {
  const deadline = Date.now() + MAX_MS
  for (;;) {
    const found = (await credentialKeys(world)).length
    if (found >= CREDENTIALS) return
    if (Date.now() > deadline) throw new Error(`only ${found} credentials are published`)
    await pause(POLL_MS)
  }
}

/** Of those with a verifier, in the bucket that the services watch. */
async function credentialKeys(world: OperatorWorld): Promise<string[]> {
  const broker = await openAsAdmin(world)
  try {
    return [...(await readEntries(broker))].filter(([, text]) => text.includes('$scrypt$')).map(([key]) => key)
  } finally {
    await broker.close()
  }
}

interface Seen {
  domains: Resource[]
  credentials: Resource[]
}

async function until(what: string, { cluster }: OperatorWorld, look: (seen: Seen) => [number, number]): Promise<void> {
  const deadline = Date.now() + MAX_MS
  for (let polls = 0; ; polls++) {
    const domains = await cluster.list<Resource>(KINDS.Domain)
    const [done, of] = look({ domains, credentials: await cluster.list<Resource>(KINDS.SMTPCredential) })
    if (done >= of) return
    if (Date.now() > deadline) throw new Error(`${what}: ${done} of ${of}`)
    if (polls % 10 === 0) console.log(`  ${what}: ${done} of ${of}`)
    await pause(POLL_MS)
  }
}

interface DnsRecord {
  name: string
  type: string
  value: string
  purpose: string
}
const records = ({ status }: Resource): DnsRecord[] => (status?.['dnsRecords'] ?? []) as DnsRecord[]
const hasSecret = ({ status }: Resource): boolean => status?.['secretName'] !== undefined

/** A TXT record's strings hold 255 octets each. */
const zoneLine = ({ name, type, value }: DnsRecord): string =>
  type === 'TXT'
    ? `${name}. 3600 IN TXT ${(value.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ')}`
    : `${name}. 3600 IN MX 10 mail.platform.test.`

async function inParallel(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await act(next++)
  }
  await Promise.all(Array.from({ length: 16 }, worker))
}

function counted(writes: Write[]): string {
  const groups = Map.groupBy(
    writes,
    ({ verb, resource, status }) => `${verb} ${resource}${status < 300 ? '' : ` ${status}`}`,
  )
  return [...groups].map(([what, { length }]) => `${length} ${what}`).join(', ')
}

function tell(what: string, since: number, tree: ProcessTree, operator: OperatorProcess): void {
  const used = `operator: ${tree.cpuSeconds().toFixed(0)} s of CPU, VmHWM ${highWater(operator)} MiB`
  console.log(`${what}: ${seconds(since)} (${used})`)
}

const highWater = ({ pid }: OperatorProcess): number =>
  Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)
const seconds = (since: number): string => `${((Date.now() - since) / 1000).toFixed(0)} s`
const audit = auditLog()
const dns = await startUnbound({ records: ['mail.platform.test. A 127.0.0.1'] })
try {
  const world = await startOperatorWorld({ more: audit.arguments, nodeFlags: HEAP })
  try {
    await measure(world, world.operator, dns, audit)
  } catch (error) {
    console.error(world.operator.output().slice(-4000))
    throw error
  } finally {
    await world.stop()
  }
} finally {
  await dns.stop()
  audit.remove()
}
