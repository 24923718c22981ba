import { conditionOf } from '@postrider/kubernetes/status/status'
import type { WithStatus } from '@postrider/kubernetes/status/status'
import type { Spec } from '@postrider/resources/kinds'

/** Whether a Domain is verified as far as the platform requires before it accepts mail. Its status decides, so that a verified Domain
 * stays verified when the operator restarts and while DNS lookups fail. */
export function maySend(
  domain: WithStatus | undefined,
  wish: Spec<'MailPlatform'>['verification']['sending'],
): boolean {
  const holds = (type: string): boolean => conditionOf(domain, type)?.status === 'True'
  if (wish === 'AtOnce') return true
  return wish === 'AfterOwnership' ? holds('OwnershipVerified') : holds('OwnershipVerified') && holds('DNSVerified')
}
