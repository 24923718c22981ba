import type { Kind } from '../kinds.ts'

export interface Column {
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

/** The columns of `kubectl get`, by kind. */
export const COLUMNS: Record<Kind, Column[]> = {
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
    condition('Accepted', 'Accepted'),
    AGE,
  ],
  SenderAddress: [
    { name: 'Address', type: 'string', jsonPath: '.spec.address' },
    { name: 'Domain', type: 'string', jsonPath: '.spec.domainRef.name' },
    condition('Verified', 'Verified'),
    condition('Ready', 'Ready'),
    AGE,
  ],
  DeliveryPool: [{ name: 'EHLO', type: 'string', jsonPath: '.spec.ehloName' }, condition('Accepted', 'Accepted'), AGE],
  DestinationPolicy: [{ name: 'TLS', type: 'string', jsonPath: '.spec.tls' }, condition('Accepted', 'Accepted'), AGE],
}
