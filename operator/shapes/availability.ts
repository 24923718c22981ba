import type { V1PodDisruptionBudget, V2HorizontalPodAutoscaler } from '@kubernetes/client-node'
import type { Wire } from '@postrider/kubernetes/object/object'
import type { Resource } from '@postrider/resources/kinds'
import { componentName, labelsOf, selectorOf } from './names.ts'

type Platform = Resource<'MailPlatform'>
type Scaled = 'ingress' | 'delivery'

/** Draining nodes evicts one pod of a component at a time. */
export const disruptionBudget = ({ name, namespace }: Platform, component: Scaled): Wire<V1PodDisruptionBudget> => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: componentName(name, component), namespace, labels: labelsOf(name, component) },
  spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(name, component) } },
})

/** The autoscaler of a component; undefined if the number of its pods is fixed. */
export function autoscaler(platform: Platform, component: Scaled): Wire<V2HorizontalPodAutoscaler> | undefined {
  const wish = platform.spec[component].autoscaling
  if (wish === undefined) return undefined
  const { name, namespace } = platform
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: componentName(name, component), namespace, labels: labelsOf(name, component) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: componentName(name, component) },
      minReplicas: wish.minReplicas,
      maxReplicas: wish.maxReplicas,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: wish.targetCPUPercent } },
        },
      ],
    },
  }
}
