import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'

const MARK = 'POSTRIDER_CLIENTS_INSIDE'

/** Whether this process has a network of its own, where the guides' host name is this machine's loopback. */
export const isInside = (): boolean => process.env[MARK] === '1'

/** Runs this program again in a network of its own, in which `host` is 127.0.0.1 and every port is free, so that the guides run as
 * they are written, on 465 and 587. Resolves with its exit code; undefined where the system does not allow that. */
export async function runInside(host: string): Promise<number | undefined> {
  const hosts = join(mkdtempSync(join(tmpdir(), 'postrider-hosts-')), 'hosts')
  // Some clients look up this machine's own name before they say it.
  writeFileSync(hosts, `127.0.0.1 localhost ${host} ${hostname()}\n`)
  const shell = 'ip link set lo up && mount --bind "$0" /etc/hosts && exec "$@"'
  const unshare = ['--map-root-user', '--net', '--mount', 'sh', '-c', shell, hosts]
  if (spawnSync('unshare', [...unshare, 'true']).status !== 0) return undefined
  const [, ...own] = process.argv
  const env = { ...process.env, [MARK]: '1' }
  const child = spawn('unshare', [...unshare, process.execPath, ...own], { stdio: 'inherit', env })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
