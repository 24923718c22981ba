import { z } from 'zod'
import { API_VERSION, KINDS } from '../kinds.ts'
import type { Kind } from '../kinds.ts'
import { STATUS } from '../status.ts'
import { COLUMNS } from './columns.ts'
import { addRules, nameLimits } from './rules.ts'
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
  SenderAddress: { plural: 'senderaddresses', short: 'sendas' },
  DeliveryPool: { plural: 'deliverypools', short: 'dpool' },
  DestinationPolicy: { plural: 'destinationpolicies', short: 'dpol' },
}

/** Paths of `subresources.scale`: `kubectl scale` of the platform changes the number of delivery processes. */
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
  addRules(kind, spec)
  const { maxLength, rule } = nameLimits(kind)
  return {
    type: 'object',
    description: z.globalRegistry.get(KINDS[kind])?.description ?? `${kind} of Postrider; see docs/resources.md.`,
    required: ['spec'],
    'x-kubernetes-validations': [rule],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object', properties: { name: { type: 'string', maxLength } } },
      spec: { description: 'Desired state.', ...spec },
      status: { description: 'Observed state; set by the operator.', ...structural(STATUS[kind]) },
    },
  }
}

/** Name of the file with a kind's definition, in crds/. */
export const fileOf = (kind: Kind): string => `postrider.dev_${NAMES[kind].plural}.yaml`
