import { z } from 'zod'
import type { Kind } from './kinds.ts'

/** The status of each kind, written by the operator. The API server drops fields that are not in the schema. */

/** RFC 3339. */
const time = () => z.string().meta({ format: 'date-time' })
const generation = () => z.int().meta({ format: 'int64' })
const count = () => z.int().min(0)

/** metav1.Condition. */
export const ConditionStatus = z.object({
  type: z.string().min(1).max(316).describe('Type of the condition, such as Ready.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Status of the condition.'),
  reason: z.string().min(1).max(1024).describe('Machine-readable reason, one word.'),
  message: z.string().max(32_768).describe('Human-readable explanation.'),
  observedGeneration: generation().optional().describe('Generation of the spec that the condition was set for.'),
  lastTransitionTime: time().describe('When status last changed.'),
})
export type ConditionStatus = z.infer<typeof ConditionStatus>

const Common = {
  observedGeneration: generation().optional().describe('Generation of the spec that the conditions were set for.'),
  conditions: z
    .array(ConditionStatus)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .optional()
    .describe('Conditions, by type.'),
}

/** The use of a limit; without a limit nothing is counted. */
const Use = {
  sentToday: count().optional().describe('Messages sent in the last 24 hours; only with a limit.'),
  dailyLimit: count().optional().describe('Messages that may be sent in 24 hours.'),
  use: z.string().max(64).optional().describe('sentToday and dailyLimit as text, such as 12 / 1000.'),
}

export const MailPlatformStatus = z.object({
  ...Common,
  ingressReplicas: count().optional().describe('Ready ingress pods.'),
  deliveryReplicas: count().optional().describe('Ready delivery pods.'),
  selector: z.string().max(512).optional().describe('Label selector of the delivery pods, for kubectl scale.'),
  domains: count().optional().describe('Domains served.'),
  credentials: count().optional().describe('Credentials served.'),
  certificateNotAfter: time().optional().describe('When the certificate of the ingress expires.'),
})
export type MailPlatformStatus = z.infer<typeof MailPlatformStatus>

const DNSRecord = z.object({
  purpose: z
    .enum(['Ownership', 'SPF', 'DKIM', 'DMARC', 'ReturnPath', 'ClientSetup'])
    .describe('Purpose of the record.'),
  type: z.enum(['TXT', 'MX', 'SRV', 'CNAME']).describe('Type of the record.'),
  name: z.string().describe('Full name, without the final dot.'),
  value: z.string().describe('Value to publish.'),
  state: z
    .enum(['Found', 'Missing', 'Different', 'Unknown'])
    .describe('Result of the lookup. Unknown: the lookup failed.'),
  seen: z.string().optional().describe('Value found instead, or why the lookup failed.'),
  required: z.boolean().describe('Whether the record is required.'),
})

const DKIMKey = z.object({
  selector: z.string().describe('The name before _domainkey.'),
  algorithm: z.enum(['RSA2048', 'Ed25519']).describe('RFC 6376, RFC 8463.'),
  state: z
    .enum(['Pending', 'Signing', 'Retiring'])
    .describe(
      'Pending: waiting for its DNS record. Signing: in use. Retiring: no longer used; its record must stay for mail in transit.',
    ),
  createdAt: time().describe('When the key was created.'),
  retireAt: time().optional().describe('Retiring: when its DNS record may be removed.'),
})

export const DomainStatus = z.object({
  ...Common,
  ...Use,
  dnsRecords: z.array(DNSRecord).optional().describe('Records to publish, and whether they were found.'),
  dkimKeys: z.array(DKIMKey).optional().describe('DKIM keys: current, next and previous.'),
  rotationDone: z.string().max(64).optional().describe('Last dkim.rotation.request that was carried out.'),
})
export type DomainStatus = z.infer<typeof DomainStatus>

export const SMTPCredentialStatus = z.object({
  ...Common,
  ...Use,
  secretName: z.string().max(253).optional().describe('Secret with the host, ports, user name and password.'),
  rotationDone: z.string().max(64).optional().describe('Last rotation.request that was carried out.'),
  previousValidUntil: time().optional().describe('Until when the previous password stays valid.'),
})
export type SMTPCredentialStatus = z.infer<typeof SMTPCredentialStatus>

export const SenderAddressStatus = z.object({
  ...Common,
  codeSentAt: time().optional().describe('When the mail with the current code was queued.'),
  codeExpiresAt: time().optional().describe('When the current code expires.'),
  codeMessageID: z
    .string()
    .max(64)
    .optional()
    .describe('Queue id of the mail with the code, for kubectl postrider queue show.'),
  attempts: count().optional().describe('Wrong codes entered since it was sent.'),
  verifiedAt: time().optional().describe('When the correct code was entered.'),
  resendDone: z.string().max(64).optional().describe('Last value of resend that was carried out.'),
  claim: z.string().max(64).optional().describe('Fingerprint of the address and Domain that this status belongs to.'),
  codeID: z.string().max(64).optional().describe('Identifies the current code; useless without the platform key.'),
  pendingID: z.string().max(64).optional().describe('Identifies a code that is being sent.'),
  tried: z.string().max(64).optional().describe('Keyed fingerprint of the last wrong code.'),
  proof: z.string().max(64).optional().describe('Proof of verification, made with the platform key.'),
})
export type SenderAddressStatus = z.infer<typeof SenderAddressStatus>

const ConditionsOnly = z.object(Common)

/** The schema of each kind's status. */
export const STATUS = {
  MailPlatform: MailPlatformStatus,
  Domain: DomainStatus,
  SMTPCredential: SMTPCredentialStatus,
  SMTPLimit: ConditionsOnly,
  SenderAddress: SenderAddressStatus,
  DeliveryPool: ConditionsOnly,
  DestinationPolicy: ConditionsOnly,
} as const satisfies Record<Kind, z.ZodType>
