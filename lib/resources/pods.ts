import { z } from 'zod'

const quantity = () =>
  z
    .string()
    .max(20)
    .regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, 'must be a quantity such as 250m, 1, 512Mi or 2Gi')

const Amounts = z.strictObject({
  cpu: quantity().optional().describe('Cores, such as 500m or 2.'),
  memory: quantity().optional().describe('Octets, such as 512Mi.'),
})

/** What the pods of a service are given, in Kubernetes. */
export const Pods = {
  resources: z
    .strictObject({
      requests: Amounts.prefault({}).describe('What is kept for each pod.'),
      limits: Amounts.prefault({}).describe('What a pod may not exceed.'),
    })
    .prefault({})
    .describe('Kubernetes: resources of each pod.'),
  autoscaling: z
    .strictObject({
      minReplicas: z.int().min(1).max(64).describe('Fewest pods.'),
      maxReplicas: z.int().min(1).max(64).describe('Most pods.'),
      targetCPUPercent: z.int().min(1).max(100).default(70).describe('CPU use, of what is requested, to keep to.'),
    })
    .optional()
    .describe('Kubernetes: a HorizontalPodAutoscaler decides on the number of pods instead of replicas.'),
}
