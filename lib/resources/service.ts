import { z } from 'zod'
import { cidr } from './fields.ts'

/** The Service that a part of the platform is reached through, in Kubernetes. */
export const Service = z.strictObject({
  type: z.enum(['ClusterIP', 'NodePort', 'LoadBalancer']).default('ClusterIP').describe('Type of the Service.'),
  annotations: z.record(z.string(), z.string()).default({}).describe('As the load balancer wants them.'),
  externalTrafficPolicy: z
    .enum(['Cluster', 'Local'])
    .default('Local')
    .describe("Local keeps the client's address; not for ClusterIP."),
  loadBalancerSourceRanges: z.array(cidr()).max(100).default([]).describe('Who may connect to the load balancer.'),
})
