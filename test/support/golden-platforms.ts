import type { Surroundings } from '@postrider/operator/shapes/surroundings'
import { KINDS } from '@postrider/resources/kinds'
import type { Resource } from '@postrider/resources/kinds'

export interface GoldenPlatform {
  platform: Resource<'MailPlatform'>
  surroundings: Surroundings
}

const platform = (spec: object): Resource<'MailPlatform'> => ({
  kind: 'MailPlatform',
  namespace: 'mail',
  name: 'main',
  origin: '',
  spec: KINDS.MailPlatform.parse({ hostName: 'mail.example.net', ...spec }),
})

const SURROUNDINGS: Surroundings = {
  image: 'registry.example.net/postrider:1.0.0',
  imagePullPolicy: 'IfNotPresent',
  imagePullSecrets: [],
  brokerServers: ['nats://nats-0.nats.mail.svc:4222'],
}

/** Platforms that between them take each way through the shapes, by the name of their folder in operator/shapes/golden. */
export const GOLDEN_PLATFORMS: Record<string, GoldenPlatform> = {
  /** With nothing but what is required. */
  defaults: { platform: platform({}), surroundings: SURROUNDINGS },
  /** Reached from outside, with its own certificates, autoscaling, a broker of three servers with TLS and a private registry. */
  public: {
    platform: platform({
      ingress: {
        autoscaling: { minReplicas: 2, maxReplicas: 8 },
        resources: { requests: { cpu: '500m', memory: '512Mi' }, limits: { memory: '1Gi' } },
        tls: {
          secretName: 'example-net-tls',
          further: [{ secretName: 'example-org-tls' }],
          clientCA: { secretName: 'client-ca' },
        },
        service: {
          type: 'LoadBalancer',
          annotations: { 'lb.example.net/address': '192.0.2.1' },
          loadBalancerSourceRanges: ['198.51.100.0/24'],
        },
      },
      delivery: {
        autoscaling: { minReplicas: 3, maxReplicas: 16, targetCPUPercent: 50 },
        timeouts: { final: '2m' },
      },
      api: { replicas: 2, publicHost: 'setup.example.net', service: { type: 'NodePort' } },
      broker: { shards: 4, replicas: 3 },
    }),
    surroundings: {
      ...SURROUNDINGS,
      imagePullPolicy: 'Always',
      imagePullSecrets: ['registry-login'],
      brokerServers: [0, 1, 2].map((index) => `tls://nats-${index}.nats.mail.svc:4222`),
      brokerTlsSecret: 'broker-tls',
    },
  },
  /** Within a cluster only: no HTTP service, a relay port for trusted networks, a mode that comes twice. */
  internal: {
    platform: platform({
      ingress: {
        replicas: 3,
        clientHost: 'smtp.example.net',
        listeners: [
          { mode: 'STARTTLS', port: 1587 },
          { mode: 'STARTTLS', port: 2587, servicePort: 2587, clientCertificate: 'Optional' },
          { mode: 'TrustedNetworks', port: 2525, networks: ['10.0.0.0/8'], credential: 'printer@example.net' },
        ],
      },
      delivery: { replicas: 2 },
      api: { replicas: 0 },
    }),
    surroundings: SURROUNDINGS,
  },
}
