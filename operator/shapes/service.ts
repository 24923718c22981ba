import type { V1Service } from '@kubernetes/client-node'
import type { Wire } from '../kubernetes/object.ts'
import type { Resource } from '@postrider/resources/kinds'
import { componentName, labelsOf, selectorOf } from './names.ts'

const SERVICE_PORTS = { ImplicitTLS: 465, STARTTLS: 587, TrustedNetworks: 25 } as const
const PORT_NAMES = { ImplicitTLS: 'submissions', STARTTLS: 'submission', TrustedNetworks: 'relay' } as const

type Platform = Resource<'MailPlatform'>

/** Ports of the Service, one a listener: what clients connect to. */
export const servicePorts = ({ spec }: Platform) =>
  spec.ingress.listeners.map(({ mode, port, servicePort }, index) => ({
    mode,
    // Names must differ where a mode comes twice.
    name:
      spec.ingress.listeners.findIndex((other) => other.mode === mode) === index
        ? PORT_NAMES[mode]
        : `${PORT_NAMES[mode]}-${index}`,
    port: servicePort ?? SERVICE_PORTS[mode],
    targetPort: port,
  }))

/** The Service that mail is submitted through. */
export function ingressService(platform: Platform): Wire<V1Service> {
  const { type, annotations, externalTrafficPolicy, loadBalancerSourceRanges } = platform.spec.ingress.service
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: componentName(platform.name, 'ingress'),
      namespace: platform.namespace,
      labels: labelsOf(platform.name, 'ingress'),
      annotations,
    },
    spec: {
      type,
      selector: selectorOf(platform.name, 'ingress'),
      ports: servicePorts(platform).map(({ name, port, targetPort }) => ({ name, port, targetPort, protocol: 'TCP' })),
      ...(type === 'ClusterIP' ? {} : { externalTrafficPolicy }),
      ...(type === 'LoadBalancer' && loadBalancerSourceRanges.length > 0 ? { loadBalancerSourceRanges } : {}),
    },
  }
}

/** Name that clients in the cluster connect to. */
export const serviceHost = ({ name, namespace }: Platform): string =>
  `${componentName(name, 'ingress')}.${namespace}.svc`

/** Name that clients are told to connect to. */
export function clientHost(platform: Platform): string {
  const { clientHost: given, service } = platform.spec.ingress
  return given ?? (service.type === 'LoadBalancer' ? platform.spec.hostName : serviceHost(platform))
}
