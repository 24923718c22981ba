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

/** Resources and autoscaling of the pods of a service, in Kubernetes. */
export const Pods = {
  resources: z
    .strictObject({
      requests: Amounts.prefault({}).describe('Resources reserved for each pod.'),
      limits: Amounts.prefault({}).describe('Upper limit for each pod.'),
    })
    .prefault({})
    .describe('Kubernetes: resources of each pod.'),
  autoscaling: z
    .strictObject({
      minReplicas: z.int().min(1).max(64).describe('Minimum number of pods.'),
      maxReplicas: z.int().min(1).max(64).describe('Maximum number of pods.'),
      targetCPUPercent: z
        .int()
        .min(1)
        .max(100)
        .default(70)
        .describe('Target CPU utilization, in percent of the requested CPU.'),
    })
    .optional()
    .describe('Kubernetes: a HorizontalPodAutoscaler sets the number of pods; replicas is ignored.'),
}
