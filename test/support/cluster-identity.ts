import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Certificates and kubeconfigs of a test's API server, signed by one authority of its own in `folder`. */
export interface Identity {
  /** Path of the authority's certificate. */
  ca: string
  /** The key that service account tokens are signed with. */
  serviceAccountKey: string
  server: { cert: string; key: string }
  /** Writes a kubeconfig with a client certificate for this user and gives its path. */
  kubeconfig(user: string, groups: string[], url: string): Promise<string>
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

export async function makeIdentity(folder: string): Promise<Identity> {
  const path = (name: string): string => join(folder, name)
  const [ca, caKey, serviceAccountKey] = [path('ca.crt'), path('ca.key'), path('service-account.key')]
  await openssl(['req', '-x509', ...NEW_KEY, '-keyout', caKey, '-out', ca, '-days', '2', '-subj', '/CN=test-authority'])
  await openssl(['ecparam', '-genkey', '-name', 'prime256v1', '-noout', '-out', serviceAccountKey])
  let issued = 0

  async function issue(subject: string, extension: string): Promise<{ cert: string; key: string }> {
    const name = `issued-${issued++}`
    const files = { cert: path(`${name}.crt`), key: path(`${name}.key`) }
    const signed = ['-CA', ca, '-CAkey', caKey, '-days', '2', '-subj', subject, '-addext', extension]
    await openssl(['req', '-x509', ...NEW_KEY, '-keyout', files.key, '-out', files.cert, ...signed])
    return files
  }
  return {
    ca,
    serviceAccountKey,
    server: await issue('/CN=kube-apiserver', 'subjectAltName=DNS:localhost,IP:127.0.0.1,DNS:kubernetes.default.svc'),
    async kubeconfig(user, groups, url) {
      const names = [...groups.map((group) => `/O=${escaped(group)}`), `/CN=${escaped(user)}`]
      const { cert, key } = await issue(names.join(''), 'extendedKeyUsage=clientAuth')
      const file = cert.replace(/crt$/, 'kubeconfig')
      await writeFile(file, JSON.stringify(await kubeconfigOf(user, url, { ca, cert, key })), { mode: 0o600 })
      return file
    },
  }
}

/** JSON is YAML too. */
async function kubeconfigOf(user: string, server: string, files: { ca: string; cert: string; key: string }) {
  const inline = (file: string): Promise<string> => readFile(file, 'base64')
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': await inline(files.ca) } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user } }],
    users: [
      {
        name: user,
        user: {
          'client-certificate-data': await inline(files.cert),
          'client-key-data': await inline(files.key),
        },
      },
    ],
  }
}

const escaped = (name: string): string => name.replaceAll(/[\\/+=]/g, (sign) => `\\${sign}`)

async function openssl(args: string[]): Promise<void> {
  await run('openssl', args)
}
