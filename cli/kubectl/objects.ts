import type { Condition } from '@postrider/kubernetes/status/conditions'
import type { KubeObject } from '@postrider/kubernetes/object/object'
import type { ComparedRecord } from '@postrider/operator/dns/compare'

/** Our resources as the API server returns them: from any version of the operator, so every field may be missing. */
export interface Seen extends KubeObject {
  spec?: { state?: 'Active' | 'Suspended' }
  status?: { conditions?: Condition[]; observedGeneration?: number }
}

interface Use {
  sentToday?: number
  dailyLimit?: number
  /** `12 / 1000`, or `12`. */
  use?: string
}

export interface PlatformObject extends Seen {
  spec?: Seen['spec'] & { hostName?: string; ingress?: { tls?: { secretName?: string } } }
  status?: Seen['status'] & { domains?: number; credentials?: number; certificateNotAfter?: string }
}

export interface DomainObject extends Seen {
  spec?: Seen['spec'] & { domainName?: string }
  status?: Seen['status'] & Use & { dnsRecords?: ComparedRecord[]; dkimKeys?: { selector: string; state: string }[] }
}

export interface CredentialObject extends Seen {
  spec?: Seen['spec'] & { address?: string; domainRef?: { name?: string }; passwordHashes?: string[] }
  status?: Seen['status'] & Use & { secretName?: string; previousValidUntil?: string }
}

export interface SenderObject extends Seen {
  spec?: Seen['spec'] & { address?: string; domainRef?: { name?: string } }
}

export const conditionOf = ({ status }: Seen, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

export const isReady = (object: Seen): boolean => conditionOf(object, 'Ready')?.status === 'True'

export const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''
export const namespaceOf = ({ metadata }: KubeObject): string => metadata?.namespace ?? ''
