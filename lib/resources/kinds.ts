import { z } from 'zod'
import { DeliveryPoolSpec } from './delivery-pool.ts'
import { DestinationPolicySpec } from './destination-policy.ts'
import { DomainSpec } from './domain.ts'
import { resourceName } from './fields.ts'
import { MailPlatformSpec } from './mail-platform.ts'
import { SenderAddressSpec } from './sender-address.ts'
import { SMTPCredentialSpec } from './smtp-credential.ts'
import { SMTPLimitSpec } from './smtp-limit.ts'

export const API_VERSION = 'postrider.dev/v1alpha1'

/** The schema of each kind's spec: the only source of its type, its validation, its CRD and its reference page. */
export const KINDS = {
  MailPlatform: MailPlatformSpec,
  Domain: DomainSpec,
  SMTPCredential: SMTPCredentialSpec,
  SMTPLimit: SMTPLimitSpec,
  SenderAddress: SenderAddressSpec,
  DeliveryPool: DeliveryPoolSpec,
  DestinationPolicy: DestinationPolicySpec,
} as const

export type Kind = keyof typeof KINDS
export type Spec<K extends Kind> = z.infer<(typeof KINDS)[K]>

export interface Resource<K extends Kind = Kind> {
  kind: K
  namespace: string
  name: string
  spec: Spec<K>
  /** Where it was read, for error messages: file and document, or the cluster. */
  origin: string
}

/** A resource of any kind, discriminated by `kind`. */
export type AnyResource = { [K in Kind]: Resource<K> }[Kind]

export const Metadata = z.object({
  name: resourceName(),
  namespace: resourceName().default('default'),
})
