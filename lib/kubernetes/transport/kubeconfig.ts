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

/** What the kubeconfig says about how to log in does not work: a program that fails, a certificate that is not there. */
export class KubeconfigLoginError extends Error {
  override readonly name = 'KubeconfigLoginError'
}

/** Merges the files as kubectl does: those of the list that are absent are left out. Throws BadKubeconfigError. The client library is
 * loaded for this alone: it costs 86 MB. */
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

/** The way to the current cluster, with all that a kubeconfig can say: certificates, tokens, programs to ask for them, OIDC, proxies.
 * Undefined when no cluster is current. Access rejects with KubeconfigLoginError. */
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

/** The library reads such a file at most once a minute, and the kubelet replaces it. */
function tokenFileOf(user: { authProvider?: unknown } | null): string | undefined {
  const provider = user?.authProvider as { config?: { tokenFile?: string } } | undefined
  return provider?.config?.tokenFile
}

const defined = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T
