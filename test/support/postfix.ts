import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from './ports.ts'
import { mailboxMap, mainCf, masterCf } from './postfix-config.ts'
import type { PostfixOptions } from './postfix-config.ts'
import { startPolicy } from './postfix-policy.ts'
import type { PolicyRequest } from './postfix-policy.ts'

const run = promisify(execFile)
const POSTFIX = '/usr/sbin/postfix'

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
  const maillog = (): string => {
    const file = join(folder, 'maillog')
    return existsSync(file) ? readFileSync(file, 'utf8') : ''
  }
  try {
    for (const name of ['etc', 'data', 'mail']) mkdirSync(join(folder, name))
    makeQueue(join(folder, 'queue'))
    chownSync(join(folder, 'data'), idOf('postfix'), 0)
    chownSync(join(folder, 'mail'), mailUser, 0)
    writeFileSync(join(config, 'main.cf'), mainCf(place, options))
    writeFileSync(join(config, 'master.cf'), masterCf(place, options.services))
    writeFileSync(join(folder, 'mailboxes'), mailboxMap(options.recipients))
    // Postfix waits until a file it reads has not been changed for some seconds; these are complete.
    for (const file of ['etc/main.cf', 'mailboxes']) utimesSync(join(folder, file), 0, 0)
    // Returns when the daemons are initialised and the port is listened on.
    await run(POSTFIX, ['-c', config, 'start'])
  } catch (cause) {
    const log = maillog()
    await policy?.close()
    rmSync(folder, { recursive: true, force: true })
    throw new Error(`Postfix did not start:\n${log}`, { cause })
  }
  const pid = Number(readFileSync(join(folder, 'queue', 'pid', 'master.pid'), 'utf8'))
  // It is a daemon: a test that ends without stopping it would leave it there.
  const end = (): void => {
    if (isRunning(pid)) process.kill(-pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', end)
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
      process.off('exit', end)
      await endMaster(pid)
      await policy?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The queue's folders, as `postfix check` makes them; that takes seconds, which quick-start saves. */
function makeQueue(queue: string): void {
  const owner = idOf('postfix')
  mkdirSync(join(queue, 'pid'), { recursive: true })
  const own = [
    'active',
    'bounce',
    'corrupt',
    'defer',
    'deferred',
    'flush',
    'hold',
    'incoming',
    'private',
    'saved',
    'trace',
  ]
  for (const name of own) {
    mkdirSync(join(queue, name), { mode: 0o700 })
    chownSync(join(queue, name), owner, 0)
  }
  for (const [name, mode] of [
    ['maildrop', 0o730],
    ['public', 0o710],
  ] as const) {
    mkdirSync(join(queue, name))
    chownSync(join(queue, name), owner, groupOf('postdrop'))
    chmodSync(join(queue, name), mode)
  }
  writeFileSync(join(queue, 'quick-start'), '')
}

function groupOf(name: string): number {
  return Number(execFileSync('getent', ['group', name], { encoding: 'utf8' }).split(':')[2])
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

/** Ends the master and its daemons, which are its process group. At once: by itself it takes a second or two, and nothing
 * of it is kept. */
async function endMaster(pid: number): Promise<void> {
  if (!isRunning(pid)) return
  process.kill(-pid, 'SIGKILL')
  while (isRunning(pid)) await pause(10)
}

/** Whether the process is there and has not ended; whoever adopted it may be slow to reap it. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'))
}
