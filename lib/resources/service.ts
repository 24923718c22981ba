import { z } from 'zod'
import { cidr } from './fields.ts'

/** The Kubernetes Service for a part of the platform. */
export const Service = z.strictObject({
  type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default('ClusterIP').describe('Type of the Service.'),
  annotations: z.record(z.string(), z.string()).default({}).describe('Annotations, for example for the load balancer.'),
  externalTrafficPolicy: z
    .enum(['Cluster', 'Local'])
    .default('Local')
    .describe("Local preserves the client's address; ignored for ClusterIP."),
  loadBalancerSourceRanges: z
    .array(cidr())
    .max(100)
    .default([])
    .describe('Networks that may connect to the load balancer.'),
})
