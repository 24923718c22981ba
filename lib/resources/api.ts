import { z } from 'zod'
import { domainName, port } from './fields.ts'
import { Pods } from './pods.ts'
import { Service } from './service.ts'

/** The platform's HTTP service. */
export const Api = z.strictObject({
  replicas: z.int().min(0).max(64).default(1).describe('Processes of the HTTP service; 0: there is none.'),
  resources: Pods.resources,
  address: z.string().max(253).default('0.0.0.0').describe('Local address to listen on.'),
  port: port().default(1443).describe('TCP port of HTTPS, with the certificate of the ingress.'),
  httpPort: port().default(1080).describe('TCP port of HTTP without TLS, for what anybody may read.'),
  service: Service.prefault({}).describe('Kubernetes: the Service, with ports 443 and 80.'),
  publicHost: domainName()
    .optional()
    .describe(
      'Name under which mail clients reach this service from anywhere, on ports 443 and 80. With it the Domains want the DNS records that lead there.',
    ),
})
