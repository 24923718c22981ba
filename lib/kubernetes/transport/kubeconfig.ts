import { existsSync, readFileSync } from 'node:fs'
import type { KubeConfig } from '@kubernetes/client-node'
import type { Access, Connection, TlsMaterial } from './access.ts'

/** A kubeconfig file cannot be read. */
export class BadKubeconfigError extends Error {
  override readonly name = 'BadKubeconfigError'
  readonly file: string
  constructor(file: string, options: ErrorOptions) {
    super(`${file} is not a usable kubeconfig: ${String(options.cause)}`, options)
    this.file = file
  }
}

/** The login that the kubeconfig configures does not work: a program fails, or a certificate is missing. */
export class KubeconfigLoginError extends Error {
  override readonly name = 'KubeconfigLoginError'
}

/** Merges the files as kubectl does: missing ones are skipped. Throws BadKubeconfigError. Loads the client library, which costs 86 MB. */
export async function readKubeconfig(files: readonly string[]): Promise<KubeConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  for (const file of files.filter((one) => existsSync(one))) {
    const one = new KubeConfig()
    try {
      one.loadFromFile(file)
      config.mergeConfig(one, config.contexts.length > 0)
    } catch (cause) {
      throw new BadKubeconfigError(file, { cause })
    }
  }
  return config
}

/** The connection to the current cluster, with all that a kubeconfig can contain: certificates, tokens, credential plugins, OIDC, proxies.
 * Undefined if no cluster is current. `access` rejects with KubeconfigLoginError. */
export function connectionBy(config: KubeConfig): Connection | undefined {
  const cluster = config.getCurrentCluster()
  if (cluster === null) return undefined
  const tokenFile = tokenFileOf(config.getCurrentUser())
  return {
    server: cluster.server.replace(/\/$/, ''),
    async access() {
      const filled: Filled = {}
      try {
        await config.applyToHTTPSOptions(filled)
      } catch (cause) {
        throw new KubeconfigLoginError(cause instanceof Error ? cause.message : String(cause), { cause })
      }
      const { headers = {}, auth, ca, cert, key, passphrase, servername, rejectUnauthorized, agent } = filled
      return {
        headers: {
          ...headers,
          ...(auth === undefined ? {} : { authorization: `Basic ${Buffer.from(auth).toString('base64')}` }),
          ...(tokenFile === undefined ? {} : { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}` }),
        },
        tls: defined({ ca, cert, key, passphrase, servername, rejectUnauthorized }),
        ...(cluster.proxyUrl === undefined || agent === undefined ? {} : { agent }),
      }
    },
  }
}

type Filled = TlsMaterial & { headers?: Record<string, string>; auth?: string; agent?: NonNullable<Access['agent']> }

/** The kubelet replaces this file, but the library reads it at most once a minute. */
function tokenFileOf(user: { authProvider?: unknown } | null): string | undefined {
  const provider = user?.authProvider as { config?: { tokenFile?: string } } | undefined
  return provider?.config?.tokenFile
}

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
