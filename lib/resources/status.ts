import { z } from 'zod'
import type { Kind } from './kinds.ts'

/** What the operator tells in the status of each kind. The API server takes no field that is not here. */

/** RFC 3339. */
const time = () => z.string().meta({ format: 'date-time' })
const generation = () => z.int().meta({ format: 'int64' })
const count = () => z.int().min(0)

/** metav1.Condition. */
export const ConditionStatus = z.object({
  type: z.string().min(1).max(316).describe('The concern, such as Ready.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether it is well.'),
  reason: z.string().min(1).max(1024).describe('One word, for programs.'),
  message: z.string().max(32_768).describe('What is the case and what to do, for people.'),
  observedGeneration: generation().optional().describe('Generation of the spec that it speaks of.'),
  lastTransitionTime: time().describe('When status changed last.'),
})
export type ConditionStatus = z.infer<typeof ConditionStatus>

const Common = {
  observedGeneration: generation().optional().describe('Generation of the spec that the conditions speak of.'),
  conditions: z
    .array(ConditionStatus)
    .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
    .optional()
    .describe('How it is, by concern.'),
}

/** Of what has a limit; nothing is counted without one. */
const Use = {
  sentToday: count().optional().describe('Messages in the last 24 hours, where there is a limit.'),
  dailyLimit: count().optional().describe('Messages that may be sent in 24 hours.'),
  use: z.string().max(64).optional().describe('Both as text, such as 12 / 1000.'),
}

export const MailPlatformStatus = z.object({
  ...Common,
  ingressReplicas: count().optional().describe('Ingress pods that are ready.'),
  deliveryReplicas: count().optional().describe('Delivery pods that are ready.'),
  selector: z.string().max(512).optional().describe('Label selector of the delivery pods, for kubectl scale.'),
  domains: count().optional().describe('Domains that are served.'),
  credentials: count().optional().describe('Credentials that are served.'),
  certificateNotAfter: time().optional().describe("When the ingress's certificate ends."),
})
export type MailPlatformStatus = z.infer<typeof MailPlatformStatus>

const DNSRecord = z.object({
  purpose: z.enum(['Ownership', 'SPF', 'DKIM', 'DMARC', 'ReturnPath', 'ClientSetup']).describe('What it is for.'),
  type: z.enum(['TXT', 'MX', 'SRV', 'CNAME']).describe('Type of the record.'),
  name: z.string().describe('Full name, without the last dot.'),
  value: z.string().describe('What to publish.'),
  state: z
    .enum(['Found', 'Missing', 'Different', 'Unknown'])
    .describe('What the DNS has. Unknown: it could not be asked.'),
  seen: z.string().optional().describe('What is there instead, or why the DNS could not be asked.'),
  required: z.boolean().describe('Whether the domain is incomplete without it.'),
})

const DKIMKey = z.object({
  selector: z.string().describe('The name before _domainkey.'),
  algorithm: z.enum(['RSA2048', 'Ed25519']).describe('RFC 6376, RFC 8463.'),
  state: z
    .enum(['Pending', 'Signing', 'Retiring'])
    .describe('Pending: waits for its record. Retiring: signs no more; its record stays for mail on its way.'),
  createdAt: time().describe('When it was made.'),
  retireAt: time().optional().describe('Retiring: from when on its record may go.'),
})

export const DomainStatus = z.object({
  ...Common,
  ...Use,
  dnsRecords: z.array(DNSRecord).optional().describe('Records to publish, and what the DNS has.'),
  dkimKeys: z.array(DKIMKey).optional().describe('Keys that sign, will sign or have signed.'),
  rotationDone: z.string().max(64).optional().describe('The dkim.rotation.request that was answered last.'),
})
export type DomainStatus = z.infer<typeof DomainStatus>

export const SMTPCredentialStatus = z.object({
  ...Common,
  ...Use,
  secretName: z.string().max(253).optional().describe('Secret with host, ports, user name and password.'),
  rotationDone: z.string().max(64).optional().describe('The rotation.request that was answered last.'),
  previousValidUntil: time().optional().describe('How long the password before this one is still good.'),
})
export type SMTPCredentialStatus = z.infer<typeof SMTPCredentialStatus>

export const SenderAddressStatus = z.object({
  ...Common,
  codeSentAt: time().optional().describe('When the code that counts was given to the queue.'),
  codeExpiresAt: time().optional().describe('Until when it can be given back.'),
  codeMessageID: z.string().max(64).optional().describe('The mail with the code, for kubectl postrider explain.'),
  attempts: count().optional().describe('Wrong codes that were given back since it was sent.'),
  verifiedAt: time().optional().describe('When the right code was given back.'),
  resendDone: z.string().max(64).optional().describe('The resend that was answered last.'),
  claim: z.string().max(64).optional().describe('Fingerprint of the address and Domain that all this speaks of.'),
  codeID: z.string().max(64).optional().describe('Names the code that counts; worth nothing without the platform key.'),
  pendingID: z.string().max(64).optional().describe('Names a code that is being sent.'),
  tried: z.string().max(64).optional().describe('Keyed fingerprint of the wrong code that was given back last.'),
  proof: z.string().max(64).optional().describe('Made with the platform key when the right code was given back.'),
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
