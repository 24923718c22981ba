import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'
import { mailboxMap, mainCf, masterCf } from './postfix-config.ts'
import { startPolicy } from './postfix-policy.ts'
import type { PolicyRequest, PostfixPolicy } from './postfix-policy.ts'

const run = promisify(execFile)
const POSTFIX = '/usr/sbin/postfix'

export interface PostfixOptions {
  /** Address to listen on, of 127.0.0.0/8. */
  host?: string
  /** Port to listen on; a free one by default. */
  port?: number
  hostName?: string
  /** Domains whose mail is put into Maildirs. */
  domains?: string[]
  /** The addresses that exist in those domains; by default all. Others get 550 5.1.1. */
  recipients?: string[]
  /** Asked at each RCPT. */
  policy?: PostfixPolicy
  /** Makes it a relay for loopback: all other mail goes there. */
  relayTo?: { host: string; port: number }
  /** Parameters of main.cf, over the others. */
  parameters?: Record<string, string>
  /** Further lines of master.cf. */
  services?: string[]
}

export interface Postfix {
  host: string
  port: number
  folder: string
  /** Of its master process. */
  pid: number
  /** What the policy was asked. */
  requests: PolicyRequest[]
  /** The messages delivered to an address, oldest first, with the fields that Postfix adds. */
  mails(address: string): string[]
  maillog(): string
  /** Entries of its queue, as postqueue -j gives them. */
  queue(): Promise<{ queue_name: string; queue_id: string; sender: string }[]>
  /** Tries all that is deferred again now. */
  flush(): Promise<void>
  stop(): Promise<void>
}

/** Why there can be no Postfix here, for `skip`; false when there can. */
export function postfixMissing(): string | false {
  if (!existsSync(POSTFIX)) return 'needs the Debian package postfix'
  return process.getuid?.() === 0 ? false : 'needs root: the master process of Postfix changes users'
}

/** A real Postfix of its own: configuration, queue, log and mailboxes in a temporary folder. */
export async function startPostfix(options: PostfixOptions = {}): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-postfix-'))
  // The daemons run as the user postfix and must get in.
  chmodSync(folder, 0o755)
  const policy = options.policy === undefined ? undefined : await startPolicy(options.policy)
  const mailUser = idOf('nobody')
  const host = options.host ?? '127.0.0.1'
  const port = options.port ?? (await freePort())
  const place = { folder, host, port, policyPort: policy?.port, mailUser }
  const config = join(folder, 'etc')
  for (const name of ['etc', 'queue', 'data', 'mail']) mkdirSync(join(folder, name))
  chownSync(join(folder, 'data'), idOf('postfix'), 0)
  chownSync(join(folder, 'mail'), mailUser, 0)
  writeFileSync(join(config, 'main.cf'), mainCf(place, options))
  writeFileSync(join(config, 'master.cf'), masterCf(place, options.services))
  writeFileSync(join(folder, 'mailboxes'), mailboxMap(options.recipients))

  const maillog = (): string => {
    const file = join(folder, 'maillog')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  try {
    // Returns when the daemons are initialised and the port is listened on.
    await run(POSTFIX, ['-c', config, 'start'])
  } catch (cause) {
    await policy?.close()
    throw new Error(`Postfix did not start:\n${maillog()}`, { cause })
  }
  const pid = Number(readFileSync(join(folder, 'queue', 'pid', 'master.pid'), 'utf8'))
  return {
    host,
    port,
    folder,
    pid,
    requests: policy?.requests ?? [],
    mails(address) {
      const inbox = join(folder, 'mail', 'all', 'new')
      if (!existsSync(inbox)) return []
      // Names begin with the second and the microsecond of delivery.
      const names = readdirSync(inbox).sort((a, b) => (timeIn(a) < timeIn(b) ? -1 : 1))
      const all = names.map((name) => readFileSync(join(inbox, name), 'latin1'))
      return all.filter((mail) => deliveredTo(mail) === address.toLowerCase())
    },
    maillog,
    async queue() {
      const { stdout } = await run('/usr/sbin/postqueue', ['-c', config, '-j'], { maxBuffer: 1 << 28 })
      const lines = stdout.split('\n').filter((line) => line !== '')
      return lines.map((line) => JSON.parse(line) as { queue_name: string; queue_id: string; sender: string })
    },
    async flush() {
      await run('/usr/sbin/postqueue', ['-c', config, '-f'])
    },
    async stop() {
      await endMaster(pid)
      await policy?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function idOf(user: string): number {
  return Number(execFileSync('id', ['-u', user], { encoding: 'utf8' }))
}

/** virtual(8) puts the recipient on top of each copy. */
function deliveredTo(mail: string): string | undefined {
  return /^Delivered-To: (.*)$/m.exec(mail)?.[1]?.toLowerCase()
}

/** `1700000000.V801I123M456789.host` as text that sorts by time. */
function timeIn(name: string): string {
  const [seconds = '', rest = ''] = name.split('.')
  return seconds + (/M(\d+)/.exec(rest)?.[1] ?? '').padStart(6, '0')
}

/** The master ends its daemons with it. */
async function endMaster(pid: number): Promise<void> {
  if (!isRunning(pid)) return
  process.kill(pid, 'SIGTERM')
  const deadline = Date.now() + 20_000
  while (isRunning(pid)) {
    if (Date.now() > deadline) process.kill(-pid, 'SIGKILL')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
