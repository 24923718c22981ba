import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createSocket } from 'node:dgram'
import { orFail } from './needs.ts'
import { freePort } from './ports.ts'
import { untilReady } from './eventually.ts'

const run = promisify(execFile)
const UNBOUND = '/usr/sbin/unbound'

export interface UnboundOptions {
  /** Records as in a zone file: `remote.test. MX 10 mx.remote.test.`; a TTL may stand before the type. */
  records?: string[]
  /** Names at and under which every question gets SERVFAIL. */
  failing?: string[]
  /** Names at and under which no question is answered. */
  silent?: string[]
  /** Names at and under which every question is refused. */
  refusing?: string[]
}

export interface Unbound {
  host: string
  port: number
  /** `127.0.0.1:port`, as spec.dns.resolvers takes it. */
  address: string
  /** Adds records while it runs. */
  add(...records: string[]): Promise<void>
  /** Removes all records of a name. */
  remove(name: string): Promise<void>
  stop(): Promise<void>
}

/** Why there can be no unbound here, for `skip`; false when there can. */
export function unboundMissing(): string | false {
  return orFail(!existsSync(UNBOUND) && 'needs the Debian package unbound')
}

/** A real unbound that knows the given records and nothing else: every other name does not exist. */
export async function startUnbound({
  records = [],
  failing = [],
  silent = [],
  refusing = [],
}: UnboundOptions = {}): Promise<Unbound> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-unbound-'))
  const port = await portForBoth()
  const faulty = await startFaulty()
  const config = join(folder, 'unbound.conf')
  writeFileSync(
    config,
    [
      'server:',
      `  interface: 127.0.0.1@${port}`,
      '  do-ip6: no',
      '  do-daemonize: no',
      '  username: ""',
      '  chroot: ""',
      `  directory: "${folder}"`,
      `  pidfile: "${folder}/pid"`,
      '  use-syslog: no',
      `  logfile: "${folder}/log"`,
      '  module-config: "iterator"',
      '  num-threads: 1',
      // Built-in answers for "test.", "localhost." and the like would come before ours.
      '  unblock-lan-zones: yes',
      '  local-zone: "test." nodefault',
      '  local-zone: "." static',
      '  local-data: ". 60 IN SOA localhost. nobody.invalid. 1 3600 600 86400 60"',
      // SERVFAIL comes from a server of our own; the zone must not be answered from the root above.
      '  do-not-query-localhost: no',
      ...failing.map((name) => `  local-zone: "${dotted(name)}" transparent`),
      ...silent.map((name) => `  local-zone: "${dotted(name)}" always_deny`),
      ...refusing.map((name) => `  local-zone: "${dotted(name)}" always_refuse`),
      ...records.map((record) => `  local-data: '${withTtl(record)}'`),
      ...failing.flatMap((name) => [
        'forward-zone:',
        `  name: "${dotted(name)}"`,
        `  forward-addr: 127.0.0.1@${faulty.port}`,
      ]),
      'remote-control:',
      '  control-enable: yes',
      `  control-interface: "${folder}/control"`,
      '  control-use-cert: no',
      '',
    ].join('\n'),
  )
  const child = spawn(UNBOUND, ['-d', '-c', config], { stdio: 'ignore' })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const logFile = join(folder, 'log')
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const control = (...args: string[]) => run('/usr/sbin/unbound-control', ['-c', config, ...args])
  // Asked by its own control socket: an answer from the port could be another program's.
  const ready = async () => {
    try {
      await control('status')
      return true
    } catch {
      return false
    }
  }
  await untilReady('unbound', child, ready, { withinMs: 20_000, log })
  return {
    host: '127.0.0.1',
    port,
    address: `127.0.0.1:${port}`,
    async add(...more) {
      for (const record of more) await control('local_data', withTtl(record))
    },
    async remove(name) {
      await control('local_data_remove', dotted(name))
    },
    async stop() {
      if (child.exitCode === null) child.kill('SIGTERM')
      await ended
      faulty.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A name server that answers every question with SERVFAIL. */
async function startFaulty() {
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    query[2] = (query[2] ?? 0) | 0x80
    query[3] = 0x82
    socket.send(query, from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return { port: socket.address().port, close: () => socket.close() }
}

function dotted(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}

/** One second, unless the record says otherwise: what a test changes is to be seen at once. */
function withTtl(record: string): string {
  const [name = '', second = '', ...rest] = record.split(' ')
  const ttl = /^\d+$/.test(second) ? [second] : ['1', 'IN', second]
  return [dotted(name), ...ttl, ...rest].join(' ')
}

/** A port that is free for TCP and for UDP, and that the system gives to no socket by itself. */
async function portForBoth(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const free = await new Promise<boolean>((resolve) => {
      const udp = createSocket('udp4')
      udp.once('error', () => resolve(false))
      udp.bind(port, '127.0.0.1', () => udp.close(() => resolve(true)))
    })
    if (free) return port
  }
}
