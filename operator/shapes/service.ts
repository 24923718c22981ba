import type { V1Service } from '@kubernetes/client-node'
import type { Wire } from '@postrider/kubernetes/object/object'
import type { Resource } from '@postrider/resources/kinds'
import { componentName, labelsOf, selectorOf } from './names.ts'
import type { Component } from './names.ts'

const SERVICE_PORTS = { ImplicitTLS: 465, STARTTLS: 587, TrustedNetworks: 25 } as const
const PORT_NAMES = { ImplicitTLS: 'submissions', STARTTLS: 'submission', TrustedNetworks: 'relay' } as const

type Platform = Resource<'MailPlatform'>

/** Ports of the Service, one per listener: what clients connect to. */
export const servicePorts = ({ spec }: Platform) =>
  spec.ingress.listeners.map(({ mode, port, servicePort }, index) => ({
    mode,
    // Names must be unique, but modes need not be.
    name:
      spec.ingress.listeners.findIndex((other) => other.mode === mode) === index
        ? PORT_NAMES[mode]
        : `${PORT_NAMES[mode]}-${index}`,
    port: servicePort ?? SERVICE_PORTS[mode],
    targetPort: port,
  }))

/** The Service for mail submission. */
export const ingressService = (platform: Platform): Wire<V1Service> =>
  service(platform, 'ingress', platform.spec.ingress.service, servicePorts(platform))

/** The Service of the HTTP service. */
export const apiService = (platform: Platform): Wire<V1Service> =>
  service(platform, 'api', platform.spec.api.service, [
    { name: 'https', port: 443, targetPort: platform.spec.api.port },
    { name: 'http', port: 80, targetPort: platform.spec.api.httpPort },
  ])

function service(
  platform: Platform,
  component: Component,
  wish: Platform['spec']['ingress']['service'],
  ports: { name: string; port: number; targetPort: number }[],
): Wire<V1Service> {
  const { type, annotations, externalTrafficPolicy, loadBalancerSourceRanges } = wish
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: componentName(platform.name, component),
      namespace: platform.namespace,
      labels: labelsOf(platform.name, component),
      annotations,
    },
    spec: {
      type,
      selector: selectorOf(platform.name, component),
      ports: ports.map(({ name, port, targetPort }) => ({ name, port, targetPort, protocol: 'TCP' })),
      ...(type === 'ClusterIP' ? {} : { externalTrafficPolicy }),
      ...(type === 'LoadBalancer' && loadBalancerSourceRanges.length > 0 ? { loadBalancerSourceRanges } : {}),
    },
  }
}

/** Name that clients in the cluster connect to. */
export const serviceHost = ({ name, namespace }: Platform): string =>
  `${componentName(name, 'ingress')}.${namespace}.svc`

/** Name that clients connect to, as published to them. */
export function clientHost(platform: Platform): string {
  const { clientHost: given, service } = platform.spec.ingress
  return given ?? (service.type === 'LoadBalancer' ? platform.spec.hostName : serviceHost(platform))
}
