import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Pods of the test's own, as a namespace that enforces `restricted` takes them. Their programs are of test/e2e/pods, mounted into
 * the platform's image, which has Node and the mail libraries. */
const security = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true }
const podSecurity = { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } }

const PROGRAMS = ['sink.ts', 'client.ts', 'load.ts', 'scanner.ts']

export const programs = (namespace: string): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'programs', namespace },
  data: Object.fromEntries(
    PROGRAMS.map((name) => [name, readFileSync(join(import.meta.dirname, 'pods', name), 'utf8')]),
  ),
})

export interface Shape {
  name: string
  namespace: string
  image: string
  command: string[]
  ports: { name: string; port: number; targetPort: number; protocol?: string }[]
  mounts: { name: string; mountPath: string; volume: object }[]
  readinessPort: number
}

/** A Deployment of one pod, and a Service of the same name. */
export function deployed({ name, namespace, image, command, ports, mounts, readinessPort }: Shape): object[] {
  const labels = { app: name }
  return [
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: labels, ports } },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 1,
            securityContext: podSecurity,
            containers: [
              {
                name,
                image,
                command,
                securityContext: security,
                readinessProbe: { tcpSocket: { port: readinessPort }, periodSeconds: 1 },
                volumeMounts: mounts.map(({ name: volume, mountPath }) => ({ name: volume, mountPath })),
              },
            ],
            volumes: mounts.map(({ name: volume, volume: source }) => ({ name: volume, ...source })),
          },
        },
      },
    },
  ]
}

export const nodeProgram = (
  name: string,
  namespace: string,
  image: string,
  ports: Shape['ports'],
  mounts: Shape['mounts'] = [],
): object[] =>
  deployed({
    name,
    namespace,
    image,
    command: ['node', `e2e/${name}.ts`],
    ports: [{ name: 'control', port: 8080, targetPort: 8080 }, ...ports],
    mounts: [{ name: 'programs', mountPath: '/app/e2e', volume: { configMap: { name: 'programs' } } }, ...mounts],
    readinessPort: 8080,
  })
