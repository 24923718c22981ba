import type { V1Deployment } from '@kubernetes/client-node'
import { API } from '@postrider/contract/api'
import { DELIVERY } from '@postrider/contract/delivery'
import { INGRESS, INGRESS_GRACE_MS } from '@postrider/contract/ingress'
import { NOTIFIER } from '@postrider/contract/notifier'
import type { Wire } from '@postrider/kubernetes/object/object'
import { planServices } from '@postrider/plan/services'
import type { ServicesPlan } from '@postrider/plan/services'
import { submissionAt } from '@postrider/plan/submission'
import { deliveryGraceMs } from '@postrider/queue/stop'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import { brokerSettings } from './broker-access.ts'
import { componentName, labelsOf, platformKeyName, selectorOf, TELEMETRY_PORT } from './names.ts'
import type { Component } from './names.ts'
import { podTemplate } from './pod.ts'
import type { PodWishes } from './pod.ts'
import { clientHost, servicePorts } from './service.ts'
import type { Surroundings } from './surroundings.ts'
import { tlsWishes } from './tls.ts'

export interface DeploymentInputs {
  platform: Resource<'MailPlatform'>
  surroundings: Surroundings
}

/** Time to remove a pod from all endpoints. */
const LEAVE_SECONDS = 5
/** Folder of the message log. */
const LOG_FOLDER = '/var/lib/postrider'

/** The Deployments of a platform. Pure. */
export function deploymentsOf(inputs: DeploymentInputs): Wire<V1Deployment>[] {
  const { platform } = inputs
  const services = planServices(platform, submissionAt(clientHost(platform), servicePorts(platform)))
  const all = [ingress(inputs, services), delivery(inputs, services), notifier(inputs)]
  return services.api.replicas === 0 ? all : [...all, api(inputs, services)]
}

function ingress(
  { platform, surroundings }: DeploymentInputs,
  { ingress: { replicas, settings } }: ServicesPlan,
): Wire<V1Deployment> {
  const { resources, autoscaling } = platform.spec.ingress
  const tls = tlsWishes(platform)
  const platformKey = platformKeyMount(platform.name)
  return shape(platform, 'ingress', autoscaling === undefined ? replicas : undefined, {
    ...common(platform, surroundings),
    component: 'ingress',
    resources,
    ports: settings.listeners.map(({ kind, port }) => ({ name: kind, containerPort: port })),
    env: INGRESS.write({
      ...commonSettings(platform, surroundings, 'ingress'),
      ...settings,
      certificates: tls.settings,
      platformKeyFile: platformKey.file,
    }),
    secrets: [...tls.secrets, platformKey.secret],
    scratch: [],
    graceSeconds: LEAVE_SECONDS + INGRESS_GRACE_MS / 1000,
    leaveSeconds: LEAVE_SECONDS,
  })
}

/** The key that unseals DKIM keys, and where a service finds it. */
function platformKeyMount(platform: string) {
  const path = '/etc/postrider/key'
  return {
    file: `${path}/key`,
    secret: { name: 'key', secretName: platformKeyName(platform), path },
  }
}

/** At a stop, delivery waits for replies to final dots; other jobs return to the queue at once, or soon. */
function delivery(
  { platform, surroundings }: DeploymentInputs,
  { delivery: { replicas } }: ServicesPlan,
): Wire<V1Deployment> {
  const { resources, autoscaling, timeouts } = platform.spec.delivery
  const graceSeconds = Math.ceil(deliveryGraceMs(durationMs(timeouts.final)) / 1000)
  return shape(platform, 'delivery', autoscaling === undefined ? replicas : undefined, {
    ...common(platform, surroundings),
    component: 'delivery',
    resources,
    ports: [],
    env: DELIVERY.write(commonSettings(platform, surroundings, 'delivery')),
    secrets: [],
    scratch: [],
    graceSeconds,
    leaveSeconds: 0,
  })
}

/** One pod at a time: it keeps the message log, which a new pod rebuilds from the streams. */
function notifier({ platform, surroundings }: DeploymentInputs): Wire<V1Deployment> {
  const { resources } = platform.spec.notifier
  // For signing notices.
  const platformKey = platformKeyMount(platform.name)
  const made = shape(platform, 'notifier', 1, {
    ...common(platform, surroundings),
    component: 'notifier',
    resources,
    ports: [],
    env: NOTIFIER.write({
      ...commonSettings(platform, surroundings, 'notifier'),
      logFile: `${LOG_FOLDER}/messages.sqlite`,
      platformKeyFile: platformKey.file,
    }),
    secrets: [platformKey.secret],
    scratch: [LOG_FOLDER],
    graceSeconds: 30,
    leaveSeconds: 0,
  })
  return { ...made, spec: { ...required(made.spec), strategy: { type: 'Recreate' } } }
}

function api(
  { platform, surroundings }: DeploymentInputs,
  { api: { replicas, settings } }: ServicesPlan,
): Wire<V1Deployment> {
  const tls = tlsWishes(platform)
  return shape(platform, 'api', replicas, {
    ...common(platform, surroundings),
    component: 'api',
    resources: platform.spec.api.resources,
    ports: [
      { name: 'https', containerPort: settings.port },
      { name: 'http', containerPort: settings.httpPort },
    ],
    env: API.write({ ...commonSettings(platform, surroundings, 'api'), ...settings, certificates: tls.settings }),
    secrets: tls.secrets,
    scratch: [],
    graceSeconds: LEAVE_SECONDS + 10 + 15,
    leaveSeconds: LEAVE_SECONDS,
  })
}

const common = (
  platform: Resource<'MailPlatform'>,
  surroundings: Surroundings,
): Pick<PodWishes, 'platform' | 'surroundings'> => ({ platform: platform.name, surroundings })

/** Settings that every service gets. */
const commonSettings = (platform: Resource<'MailPlatform'>, surroundings: Surroundings, component: Component) => ({
  broker: brokerSettings(surroundings, component),
  shards: platform.spec.broker.shards,
  telemetry: { host: '0.0.0.0', port: TELEMETRY_PORT },
})

/** `replicas` is undefined if an autoscaler owns the field. */
function shape(
  platform: Resource<'MailPlatform'>,
  component: Component,
  replicas: number | undefined,
  wishes: PodWishes,
): Wire<V1Deployment> {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: componentName(platform.name, component),
      namespace: platform.namespace,
      labels: labelsOf(platform.name, component),
    },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      // No pod stops before its replacement is ready, so a rollout keeps the full capacity.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
      revisionHistoryLimit: 3,
      selector: { matchLabels: selectorOf(platform.name, component) },
      template: podTemplate(wishes),
    },
  }
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('unreachable: shape gives a spec')
  return value
}
