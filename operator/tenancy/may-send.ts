import { conditionOf } from '@postrider/kubernetes/status/status'
import type { WithStatus } from '@postrider/kubernetes/status/status'
import type { Spec } from '@postrider/resources/kinds'

/** Whether a Domain is verified as far as the platform wants it before mail is taken. Its own status tells: what is verified once
 * stays so over restarts of the operator and while the DNS can't be asked. */
export function maySend(
  domain: WithStatus | undefined,
  wish: Spec<'MailPlatform'>['verification']['sending'],
): boolean {
  const holds = (type: string): boolean => conditionOf(domain, type)?.status === 'True'
  if (wish === 'AtOnce') return true
  return wish === 'AfterOwnership' ? holds('OwnershipVerified') : holds('OwnershipVerified') && holds('DNSVerified')
}
