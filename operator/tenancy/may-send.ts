import type { Spec } from '@postrider/resources/kinds'
import type { StoredResource } from '../stored-resource.ts'

/** Whether a Domain is verified as far as the platform wants it before mail is taken. Its own status tells: what is verified once
 * stays so over restarts of the operator and while the DNS can't be asked. */
export function maySend(
  domain: StoredResource | undefined,
  wish: Spec<'MailPlatform'>['verification']['sending'],
): boolean {
  const holds = (type: string): boolean =>
    domain?.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
  if (wish === 'AtOnce') return true
  return wish === 'AfterOwnership' ? holds('OwnershipVerified') : holds('OwnershipVerified') && holds('DNSVerified')
}
