import { z } from 'zod'
import { domainName, port } from './fields.ts'
import { Pods } from './pods.ts'
import { Service } from './service.ts'

/** The platform's HTTP service. */
export const Api = z.strictObject({
  replicas: z.int().min(0).max(64).default(1).describe('Number of processes of the HTTP service; 0 turns it off.'),
  resources: Pods.resources,
  address: z.string().max(253).default('0.0.0.0').describe('Local address to listen on.'),
  port: port().default(1443).describe('TCP port for HTTPS, with the certificate of the ingress.'),
  httpPort: port().default(1080).describe('TCP port for plain HTTP, which serves only public information.'),
  service: Service.prefault({}).describe('Kubernetes: the Service, with ports 443 and 80.'),
  publicHost: domainName()
    .optional()
    .describe(
      'Public name of this service, on ports 443 and 80, for mail clients. When set, Domains require the DNS records that point to it.',
    ),
})
