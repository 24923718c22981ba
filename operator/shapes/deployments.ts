import type { V1Deployment } from '@kubernetes/client-node'
import type { Wire } from '@postrider/kubernetes/object/object'
import { listenerPlans } from '@postrider/plan/listeners'
import { submissionAt } from '@postrider/plan/submission'
import { deliveryGraceMs } from '@postrider/queue/stop'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import { componentName, labelsOf, platformKeyName, selectorOf } from './names.ts'
import type { Component } from './names.ts'
import { podTemplate } from './pod.ts'
import type { PodWishes, Surroundings } from './pod.ts'
import { clientHost, servicePorts } from './service.ts'
import { tlsWishes } from './tls.ts'

export interface DeploymentInputs {
  platform: Resource<'MailPlatform'>
  surroundings: Surroundings
}

/** What the endpoints take to forget a pod. */
const LEAVE_SECONDS = 5
/** A client that is in the middle of a message gets this long (services/ingress/session/listener.ts), and some to spare. */
const INGRESS_SECONDS = LEAVE_SECONDS + 30 + 15

/** The Deployments of a platform. Pure. */
export function deploymentsOf(inputs: DeploymentInputs): Wire<V1Deployment>[] {
  const all = [ingress(inputs), delivery(inputs), notifier(inputs)]
  return inputs.platform.spec.api.replicas === 0 ? all : [...all, api(inputs)]
}

function ingress({ platform, surroundings }: DeploymentInputs): Wire<V1Deployment> {
  const { replicas, resources, autoscaling } = platform.spec.ingress
  const listeners = listenerPlans(platform)
  const tls = tlsWishes(platform)
  const platformKey = platformKeyMount(platform.name)
  return shape(platform, 'ingress', autoscaling === undefined ? replicas : undefined, {
    ...common(platform, surroundings),
    component: 'ingress',
    resources,
    ports: listeners.map(({ kind, port }) => ({ name: kind, containerPort: port })),
    env: [{ name: 'POSTRIDER_LISTENERS', value: JSON.stringify(listeners) }, ...tls.env, platformKey.env],
    secrets: [...tls.secrets, platformKey.secret],
    scratch: [],
    graceSeconds: INGRESS_SECONDS,
    leaveSeconds: LEAVE_SECONDS,
    // Read once, at the start; all else comes by the runtime configuration.
    restartOn: '',
  })
}

/** The key that opens the DKIM keys, and where a service finds it. */
function platformKeyMount(platform: string) {
  const path = '/etc/postrider/key'
  return {
    env: { name: 'POSTRIDER_PLATFORM_KEY_FILE', value: `${path}/key` },
    secret: { name: 'key', secretName: platformKeyName(platform), path },
  }
}

/** A final dot that was sent waits for its reply; the rest goes back to the queue at once, or soon. */
function delivery({ platform, surroundings }: DeploymentInputs): Wire<V1Deployment> {
  const { replicas, resources, autoscaling, timeouts } = platform.spec.delivery
  const graceSeconds = Math.ceil(deliveryGraceMs(durationMs(timeouts.final)) / 1000)
  return shape(platform, 'delivery', autoscaling === undefined ? replicas : undefined, {
    ...common(platform, surroundings),
    component: 'delivery',
    resources,
    ports: [],
    env: [],
    secrets: [],
    scratch: [],
    graceSeconds,
    leaveSeconds: 0,
    restartOn: '',
  })
}

/** One at a time: it keeps the message log, which a new pod builds anew from the streams. */
function notifier({ platform, surroundings }: DeploymentInputs): Wire<V1Deployment> {
  const { resources } = platform.spec.notifier
  // It signs the notices.
  const platformKey = platformKeyMount(platform.name)
  const made = shape(platform, 'notifier', 1, {
    ...common(platform, surroundings),
    component: 'notifier',
    resources,
    ports: [],
    env: [{ name: 'POSTRIDER_LOG_FILE', value: '/var/lib/postrider/messages.sqlite' }, platformKey.env],
    secrets: [platformKey.secret],
    scratch: ['/var/lib/postrider'],
    graceSeconds: 30,
    leaveSeconds: 0,
    restartOn: '',
  })
  return { ...made, spec: { ...required(made.spec), strategy: { type: 'Recreate' } } }
}

function api({ platform, surroundings }: DeploymentInputs): Wire<V1Deployment> {
  const { replicas, resources, port, httpPort } = platform.spec.api
  const tls = tlsWishes(platform)
  return shape(platform, 'api', replicas, {
    ...common(platform, surroundings),
    component: 'api',
    resources,
    ports: [
      { name: 'https', containerPort: port },
      { name: 'http', containerPort: httpPort },
    ],
    env: [
      { name: 'POSTRIDER_API_HOST', value: platform.spec.api.address },
      { name: 'POSTRIDER_API_PORT', value: String(port) },
      { name: 'POSTRIDER_API_HTTP_PORT', value: String(httpPort) },
      { name: 'POSTRIDER_API_PUBLIC_HOST', value: platform.spec.api.publicHost ?? '' },
      {
        name: 'POSTRIDER_SUBMISSION',
        value: JSON.stringify(submissionAt(clientHost(platform), servicePorts(platform))),
      },
      ...tls.env,
    ],
    secrets: tls.secrets,
    scratch: [],
    graceSeconds: LEAVE_SECONDS + 10 + 15,
    leaveSeconds: LEAVE_SECONDS,
    restartOn: '',
  })
}

const common = (
  platform: Resource<'MailPlatform'>,
  surroundings: Surroundings,
): Pick<PodWishes, 'platform' | 'surroundings' | 'shards'> => ({
  platform: platform.name,
  surroundings,
  shards: platform.spec.broker.shards,
})

/** `replicas` undefined: an autoscaler owns the number, and we do not write it. */
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
      // Nothing is taken away before its successor is ready: a rollout costs no capacity.
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
