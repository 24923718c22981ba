import { refAt, refTo } from './object.ts'
import type { KindRef, KubeObject, ObjectRef } from './object.ts'

const kind = (apiVersion: string, name: string, plural: string, namespaced = true): KindRef => ({
  apiVersion,
  kind: name,
  plural,
  namespaced,
})
const own = (name: string, plural: string): KindRef => kind('postrider.dev/v1alpha1', name, plural)

/** All kinds that the operator uses. */
export const KINDS = {
  MailPlatform: own('MailPlatform', 'mailplatforms'),
  Domain: own('Domain', 'domains'),
  SMTPCredential: own('SMTPCredential', 'smtpcredentials'),
  SMTPLimit: own('SMTPLimit', 'smtplimits'),
  SenderAddress: own('SenderAddress', 'senderaddresses'),
  DeliveryPool: own('DeliveryPool', 'deliverypools'),
  DestinationPolicy: own('DestinationPolicy', 'destinationpolicies'),
  Namespace: kind('v1', 'Namespace', 'namespaces', false),
  ConfigMap: kind('v1', 'ConfigMap', 'configmaps'),
  Secret: kind('v1', 'Secret', 'secrets'),
  Service: kind('v1', 'Service', 'services'),
  ServiceAccount: kind('v1', 'ServiceAccount', 'serviceaccounts'),
  Pod: kind('v1', 'Pod', 'pods'),
  Deployment: kind('apps/v1', 'Deployment', 'deployments'),
  StatefulSet: kind('apps/v1', 'StatefulSet', 'statefulsets'),
  PodDisruptionBudget: kind('policy/v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
  HorizontalPodAutoscaler: kind('autoscaling/v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
  NetworkPolicy: kind('networking.k8s.io/v1', 'NetworkPolicy', 'networkpolicies'),
  Lease: kind('coordination.k8s.io/v1', 'Lease', 'leases'),
  Event: kind('events.k8s.io/v1', 'Event', 'events'),
  CustomResourceDefinition: kind(
    'apiextensions.k8s.io/v1',
    'CustomResourceDefinition',
    'customresourcedefinitions',
    false,
  ),
} satisfies Record<string, KindRef>

/** An object of a kind that KINDS does not list, or without a name: a bug. */
export class UnknownKindError extends Error {
  override readonly name = 'UnknownKindError'
}

const byKind = new Map(Object.values(KINDS).map((entry) => [`${entry.apiVersion} ${entry.kind}`, entry]))

/** The object that `describeRef` named. Throws UnknownKindError. */
export function refFrom(text: string): ObjectRef {
  const [name = '', key = ''] = text.split(' ')
  if (!Object.hasOwn(KINDS, name)) throw new UnknownKindError(`${text} is not of a known kind`)
  return refAt(KINDS[name as keyof typeof KINDS], key)
}

/** The reference to an object. Throws UnknownKindError. */
export function refOf(object: KubeObject): ObjectRef {
  const { apiVersion = '', kind: name = '', metadata } = object
  const found = byKind.get(`${apiVersion} ${name}`)
  if (found === undefined) throw new UnknownKindError(`${apiVersion} ${name} is not a known kind`)
  if (metadata?.name === undefined) throw new UnknownKindError(`${name} without a name`)
  return refTo(found, metadata.namespace, metadata.name)
}
