import type { V1EnvVar, V1PodTemplateSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node'
import { nodeArguments } from '@postrider/plan/node-arguments'
import type { Wire } from '@postrider/kubernetes/object/object'
import { brokerAuthority, brokerPassword } from './broker-access.ts'
import { labelsOf, selectorOf, TELEMETRY_PORT } from './names.ts'
import type { Component } from './names.ts'
import type { Surroundings } from './surroundings.ts'

export interface Resources {
  requests: { cpu?: string | undefined; memory?: string | undefined }
  limits: { cpu?: string | undefined; memory?: string | undefined }
}

/** A Secret whose keys are mounted as files. */
export interface MountedSecret {
  /** Of the volume. */
  name: string
  secretName: string
  path: string
  /** Whether a pod starts without it. */
  optional?: boolean
  /** Default: all. */
  keys?: string[]
}

export interface PodWishes {
  platform: string
  component: Component
  surroundings: Surroundings
  resources: Resources
  /** As the contract of the service writes it, without secrets. */
  env: Record<string, string>
  ports: { name: string; containerPort: number }[]
  secrets: MountedSecret[]
  /** Folders that are lost with the pod. */
  scratch: string[]
  /** Time until SIGKILL, including the pause before SIGTERM. Seconds. */
  graceSeconds: number
  /** Pause before SIGTERM in which endpoints drop the pod. Seconds; 0 for pods without clients. */
  leaveSeconds: number
}

/** A pod of a service: no token, no privileges, a read-only root, and probes at its own endpoints. */
export function podTemplate(given: PodWishes): Wire<V1PodTemplateSpec> {
  const { platform, component, surroundings } = given
  const wishes = { ...given, secrets: [...given.secrets, ...brokerAuthority(surroundings)] }
  return {
    metadata: { labels: { ...labelsOf(platform, component) } },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: wishes.graceSeconds,
      ...(surroundings.imagePullSecrets.length === 0
        ? {}
        : { imagePullSecrets: surroundings.imagePullSecrets.map((name) => ({ name })) }),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        fsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'kubernetes.io/hostname',
          whenUnsatisfiable: 'ScheduleAnyway',
          labelSelector: { matchLabels: selectorOf(platform, component) },
        },
      ],
      containers: [
        {
          name: component,
          image: surroundings.image,
          imagePullPolicy: surroundings.imagePullPolicy,
          command: ['node', ...nodeArguments(component), `services/${component}/main.ts`],
          env: variables(wishes),
          ports: [
            ...wishes.ports.map((port) => ({ ...port, protocol: 'TCP' })),
            { name: 'telemetry', containerPort: TELEMETRY_PORT, protocol: 'TCP' },
          ],
          resources: amounts(wishes.resources),
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
          // Long enough for a broker that reads tens of GB before it answers.
          startupProbe: { httpGet: { path: '/healthz', port: 'telemetry' }, periodSeconds: 2, failureThreshold: 60 },
          livenessProbe: {
            httpGet: { path: '/healthz', port: 'telemetry' },
            periodSeconds: 10,
            failureThreshold: 6,
            timeoutSeconds: 5,
          },
          readinessProbe: {
            httpGet: { path: '/readyz', port: 'telemetry' },
            periodSeconds: 2,
            failureThreshold: 2,
            timeoutSeconds: 2,
          },
          ...(wishes.leaveSeconds === 0 ? {} : { lifecycle: { preStop: { sleep: { seconds: wishes.leaveSeconds } } } }),
          volumeMounts: mounts(wishes),
        },
      ],
      volumes: volumes(wishes),
    },
  }
}

const variables = ({ platform, component, env }: PodWishes): Wire<V1EnvVar>[] => [
  { name: 'NODE_ENV', value: 'production' },
  brokerPassword(platform, component),
  ...Object.entries(env).map(([name, value]) => ({ name, value })),
]

/** Omits what was not given: an empty value would be a setting. */
function amounts({ requests, limits }: Resources): {
  requests?: Record<string, string>
  limits?: Record<string, string>
} {
  const given = (wish: Resources['requests']): Record<string, string> =>
    Object.fromEntries(Object.entries(wish).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
  const [some, most] = [given(requests), given(limits)]
  return {
    ...(Object.keys(some).length === 0 ? {} : { requests: some }),
    ...(Object.keys(most).length === 0 ? {} : { limits: most }),
  }
}

const mounts = ({ secrets, scratch }: PodWishes): Wire<V1VolumeMount>[] => [
  { name: 'tmp', mountPath: '/tmp' },
  ...secrets.map(({ name, path }) => ({ name, mountPath: path, readOnly: true })),
  ...scratch.map((path, index) => ({ name: `scratch-${index}`, mountPath: path })),
]

const volumes = ({ secrets, scratch }: PodWishes): Wire<V1Volume>[] => [
  { name: 'tmp', emptyDir: {} },
  ...secrets.map(({ name, secretName, optional = false, keys }) => ({
    name,
    secret: {
      secretName,
      defaultMode: 0o440,
      ...(optional ? { optional } : {}),
      ...(keys === undefined ? {} : { items: keys.map((key) => ({ key, path: key })) }),
    },
  })),
  ...scratch.map((_, index) => ({ name: `scratch-${index}`, emptyDir: {} })),
]
