import { z } from 'zod'
import { API_VERSION, KINDS } from '../kinds.ts'
import type { Kind } from '../kinds.ts'
import { structural } from './structural.ts'
import type { StructuralNode } from './structural.ts'

interface Names {
  plural: string
  short: string
}

const NAMES: Record<Kind, Names> = {
  MailPlatform: { plural: 'mailplatforms', short: 'mp' },
  Domain: { plural: 'domains', short: 'md' },
  SMTPCredential: { plural: 'smtpcredentials', short: 'smtpcred' },
  SMTPLimit: { plural: 'smtplimits', short: 'smtplim' },
  DeliveryPool: { plural: 'deliverypools', short: 'dpool' },
  DestinationPolicy: { plural: 'destinationpolicies', short: 'dpol' },
}

interface Column {
  name: string
  type: string
  jsonPath: string
  priority?: number
}

const condition = (name: string, type: string): Column => ({
  name,
  type: 'string',
  jsonPath: `.status.conditions[?(@.type=="${type}")].status`,
})
const AGE: Column = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

const COLUMNS: Record<Kind, Column[]> = {
  MailPlatform: [
    { name: 'Host', type: 'string', jsonPath: '.spec.hostName' },
    condition('Ready', 'Ready'),
    { name: 'Domains', type: 'integer', jsonPath: '.status.domains' },
    { name: 'Ingress', type: 'integer', jsonPath: '.status.ingressReplicas' },
    { name: 'Delivery', type: 'integer', jsonPath: '.status.deliveryReplicas' },
    AGE,
  ],
  Domain: [
    { name: 'Domain', type: 'string', jsonPath: '.spec.domainName' },
    condition('Ready', 'Ready'),
    condition('DNS', 'DNSVerified'),
    { name: 'Sent today', type: 'string', jsonPath: '.status.use' },
    AGE,
  ],
  SMTPCredential: [
    { name: 'Address', type: 'string', jsonPath: '.spec.address' },
    condition('Ready', 'Ready'),
    { name: 'Sent today', type: 'string', jsonPath: '.status.use' },
    AGE,
  ],
  SMTPLimit: [
    { name: 'Messages a day', type: 'integer', jsonPath: '.spec.messagesPerDay' },
    { name: 'Recipients a day', type: 'integer', jsonPath: '.spec.recipientsPerDay' },
    AGE,
  ],
  DeliveryPool: [{ name: 'EHLO', type: 'string', jsonPath: '.spec.ehloName' }, AGE],
  DestinationPolicy: [{ name: 'TLS', type: 'string', jsonPath: '.spec.tls' }, AGE],
}

/** Rules beyond what a schema says, by kind and path of the node (CEL; `oldSelf` makes one a rule of changes). */
const RULES: Partial<Record<Kind, Record<string, { rule: string; message: string }[]>>> = {
  MailPlatform: {
    'ingress.tls': [
      {
        rule: 'has(self.certificateFile) == has(self.keyFile)',
        message: 'certificateFile and keyFile go together',
      },
      {
        rule: '!(has(self.secretName) && has(self.certificateFile))',
        message: 'secretName is for Kubernetes and certificateFile for standalone; give one of them',
      },
    ],
    'ingress.autoscaling': [
      { rule: 'self.minReplicas <= self.maxReplicas', message: 'minReplicas must not be more than maxReplicas' },
    ],
    'delivery.autoscaling': [
      { rule: 'self.minReplicas <= self.maxReplicas', message: 'minReplicas must not be more than maxReplicas' },
    ],
    'broker.shards': [
      { rule: 'self >= oldSelf', message: 'shards may grow, never shrink: what a stream holds would be lost' },
    ],
    'tenants.namespaces': [
      {
        rule: "has(self.selector) == (self.from == 'Selector')",
        message: 'selector is for from: Selector, and needed there',
      },
    ],
  },
  Domain: {
    domainName: [{ rule: 'self == oldSelf', message: 'domainName can not be changed; make another Domain' }],
  },
  SMTPCredential: {
    address: [{ rule: 'self == oldSelf', message: 'address can not be changed; make another SMTPCredential' }],
    domainRef: [{ rule: 'self == oldSelf', message: 'domainRef can not be changed; make another SMTPCredential' }],
  },
}

/** What `subresources.scale` reads and writes: `kubectl scale` of the platform is one of its delivery. */
const SCALE = {
  specReplicasPath: '.spec.delivery.replicas',
  statusReplicasPath: '.status.deliveryReplicas',
  labelSelectorPath: '.status.selector',
}

/** The CustomResourceDefinition of a kind. Pure. */
export function definition(kind: Kind): object {
  const { plural, short } = NAMES[kind]
  const [group, version] = API_VERSION.split('/')
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group ?? ''}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        shortNames: [short],
        categories: ['postrider'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {}, ...(kind === 'MailPlatform' ? { scale: SCALE } : {}) },
          additionalPrinterColumns: COLUMNS[kind],
          schema: { openAPIV3Schema: rootSchema(kind) },
        },
      ],
    },
  }
}

function rootSchema(kind: Kind): StructuralNode {
  const spec = structural(KINDS[kind])
  for (const [path, rules] of Object.entries(RULES[kind] ?? {})) {
    const node = path.split('.').reduce<StructuralNode | undefined>((at, name) => at?.properties?.[name], spec)
    if (node === undefined) throw new Error(`${kind} has no ${path}`)
    node['x-kubernetes-validations'] = [...(node['x-kubernetes-validations'] ?? []), ...rules]
  }
  return {
    type: 'object',
    description: z.globalRegistry.get(KINDS[kind])?.description ?? `${kind} of Postrider; see docs/resources.md.`,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: { description: 'What is wished for.', ...spec },
      status: {
        description: 'What is the case; written by the operator.',
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: {
          observedGeneration: {
            type: 'integer',
            format: 'int64',
            description: 'Generation that the conditions speak of.',
          },
          conditions: {
            type: 'array',
            description: 'How it is, by concern.',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['type'],
            items: CONDITION,
          },
        },
      },
    },
  }
}

const CONDITION: StructuralNode = {
  type: 'object',
  required: ['type', 'status', 'reason', 'message', 'lastTransitionTime'],
  properties: {
    type: { type: 'string', description: 'The concern.' },
    status: { type: 'string', enum: ['True', 'False', 'Unknown'], description: 'Whether it holds.' },
    reason: { type: 'string', description: 'One word, for programs.' },
    message: { type: 'string', description: 'What to do, for people.' },
    observedGeneration: { type: 'integer', format: 'int64', description: 'Generation that it speaks of.' },
    lastTransitionTime: { type: 'string', format: 'date-time', description: 'When status changed last.' },
  },
}

/** File of a kind's definition, in crds/. */
export const fileOf = (kind: Kind): string => `postrider.dev_${NAMES[kind].plural}.yaml`
