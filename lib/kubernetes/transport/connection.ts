import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { Connection } from './access.ts'

/** There is neither a usable kubeconfig nor a pod's service account. */
export class NoClusterError extends Error {
  override readonly name = 'NoClusterError'
}

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

export interface Whereabouts {
  /** Path of a kubeconfig, or several paths as in KUBECONFIG. */
  kubeconfig?: string | undefined
  env?: NodeJS.ProcessEnv
  /** Folder with a pod's token and ca.crt. */
  serviceAccount?: string
}

/** Uses KUBECONFIG, else the pod's service account, else ~/.kube/config. Rejects with NoClusterError. */
export function findConnection(where: Whereabouts = {}): Promise<Connection> {
  const { env = process.env, serviceAccount = SERVICE_ACCOUNT } = where
  const kubeconfig = where.kubeconfig ?? env['KUBECONFIG']
  if (kubeconfig !== undefined && kubeconfig !== '') return byKubeconfig(kubeconfig)
  const host = env['KUBERNETES_SERVICE_HOST']
  if (host !== undefined && existsSync(join(serviceAccount, 'token'))) {
    return Promise.resolve(byServiceAccount(host, env['KUBERNETES_SERVICE_PORT'] ?? '443', serviceAccount))
  }
  const home = join(homedir(), '.kube', 'config')
  if (existsSync(home)) return byKubeconfig(home)
  return Promise.reject(
    new NoClusterError('KUBECONFIG is not set, this process does not run in a pod, and ~/.kube/config does not exist'),
  )
}

/** From inside a pod, without loading the client library. The kubelet replaces the token file about once an hour, so it is read for
 * every request; it is in memory. */
function byServiceAccount(host: string, port: string, folder: string): Connection {
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async access() {
      const [token, ca] = await Promise.all([
        readFile(join(folder, 'token'), 'utf8'),
        readFile(join(folder, 'ca.crt'), 'utf8'),
      ])
      return { headers: { authorization: `Bearer ${token.trim()}` }, tls: { ca } }
    },
  }
}

async function byKubeconfig(path: string): Promise<Connection> {
  const { connectionBy, readKubeconfig } = await import('./kubeconfig.ts')
  const connection = connectionBy(await readKubeconfig(path.split(delimiter).filter(Boolean)))
  if (connection === undefined) throw new NoClusterError(`${path} names no current cluster`)
  return connection
}
