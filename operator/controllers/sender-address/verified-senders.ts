import type { Claim } from '@postrider/sender-verification/claim'
import { isProven } from '@postrider/sender-verification/verification'
import { withLowerDomain } from '@postrider/mail/address'
import type { VerifiedSender } from '@postrider/plan/observed'
import type { AnyResource, Resource } from '@postrider/resources/kinds'
import type { StoredResource } from '../../stored-resource.ts'
import { keyFor } from '@postrider/kubernetes/object/object'
import { verificationOf } from './sender-status.ts'
import type { World } from '../world.ts'

/** The addresses whose status proves that their code was entered, by `namespace/name`. */
export function verifiedSenders(
  resources: AnyResource[],
  { senders }: Pick<World, 'senders'>,
  platformKey: Buffer,
): Map<string, VerifiedSender> {
  const verified = new Map<string, VerifiedSender>()
  const domains = new Map<string, string>()
  for (const resource of resources)
    if (resource.kind === 'Domain') domains.set(keyFor(resource.namespace, resource.name), resource.spec.domainName)
  for (const resource of resources) {
    if (resource.kind !== 'SenderAddress') continue
    const key = keyFor(resource.namespace, resource.name)
    const domainName = domains.get(keyFor(resource.namespace, resource.spec.domainRef.name))
    const object = senders.get(key)
    if (domainName === undefined || object === undefined) continue
    const claim = claimOf(object, resource, domainName)
    const known = verificationOf(object)
    if (known !== undefined && isProven(platformKey, known, claim))
      verified.set(key, { address: claim.address, domainName })
  }
  return verified
}

/** A recreated object has another uid, and must be verified again. */
export const claimOf = (
  { metadata }: Pick<StoredResource, 'metadata'>,
  { spec }: Resource<'SenderAddress'>,
  domainName: string,
): Claim => ({ owner: metadata?.uid ?? '', domainName, address: withLowerDomain(spec.address) })
