import type { V1EnvVar, V1PodTemplateSpec, V1Volume, V1VolumeMount } from '@kubernetes/client-node'
import { nodeArguments } from '@postrider/plan/node-arguments'
import type { Wire } from '@postrider/kubernetes/object/object'
import { brokerAccessName, labelsOf, selectorOf, TELEMETRY_PORT } from './names.ts'
import type { Component } from './names.ts'

/** What the operator itself was told about images and the broker; the same for all pods. */
export interface Surroundings {
  image: string
  imagePullPolicy: 'Always' | 'IfNotPresent' | 'Never'
  imagePullSecrets: string[]
  /** nats://host:port, several by comma. */
  brokerUrl: string
  /** Secret with the CA of the broker's certificate; undefined without TLS. */
  brokerTlsSecret?: string | undefined
}

export interface Resources {
  requests: { cpu?: string | undefined; memory?: string | undefined }
  limits: { cpu?: string | undefined; memory?: string | undefined }
}

/** A Secret whose keys a pod finds as files. */
export interface MountedSecret {
  /** Of the volume. */
  name: string
  secretName: string
  path: string
  /** Whether a pod starts without it. */
  optional?: boolean
  /** All when not given. */
  keys?: string[]
}

export interface PodWishes {
  platform: string
  component: Component
  surroundings: Surroundings
  shards: number
  resources: Resources
  env: Wire<V1EnvVar>[]
  ports: { name: string; containerPort: number }[]
  secrets: MountedSecret[]
  /** Folder for what need not outlive the pod. */
  scratch: string[]
  /** From SIGTERM to SIGKILL, the pause before SIGTERM included. Seconds. */
  graceSeconds: number
  /** Pause in which the endpoints forget the pod before it stops to listen. Seconds; 0 for pods that nobody connects to. */
  leaveSeconds: number
  /** Goes into an annotation: a change of it starts new pods. */
  restartOn: string
}

const CA_FOLDER = '/etc/postrider/broker'
const CA_KEY = 'ca.crt'

/** A pod of a service: no token, no rights, no writable root, and probes at its own endpoints. */
export function podTemplate(given: PodWishes): Wire<V1PodTemplateSpec> {
  const { platform, component, surroundings } = given
  const wishes = { ...given, secrets: [...given.secrets, ...brokerAuthority(surroundings)] }
  return {
    metadata: {
      labels: { ...labelsOf(platform, component) },
      annotations: { 'postrider.dev/restart-on': wishes.restartOn },
    },
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
          env: [...commonEnv(wishes), ...wishes.env],
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

const commonEnv = ({ platform, component, surroundings, shards }: PodWishes): Wire<V1EnvVar>[] => [
  { name: 'NODE_ENV', value: 'production' },
  { name: 'POSTRIDER_BROKER_URL', value: surroundings.brokerUrl },
  { name: 'POSTRIDER_BROKER_USER', value: component },
  {
    name: 'POSTRIDER_BROKER_PASSWORD',
    valueFrom: { secretKeyRef: { name: brokerAccessName(platform, component), key: 'password' } },
  },
  ...(surroundings.brokerTlsSecret === undefined
    ? []
    : [{ name: 'POSTRIDER_BROKER_CA_FILE', value: `${CA_FOLDER}/${CA_KEY}` }]),
  { name: 'POSTRIDER_SHARDS', value: String(shards) },
  { name: 'POSTRIDER_TELEMETRY_HOST', value: '0.0.0.0' },
  { name: 'POSTRIDER_TELEMETRY_PORT', value: String(TELEMETRY_PORT) },
]

/** The CA alone: the Secret may hold its key as well. */
const brokerAuthority = ({ brokerTlsSecret }: Surroundings): MountedSecret[] =>
  brokerTlsSecret === undefined
    ? []
    : [{ name: 'broker-ca', secretName: brokerTlsSecret, path: CA_FOLDER, keys: [CA_KEY] }]

/** Without what was not given: an empty value would be a wish of its own. */
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
