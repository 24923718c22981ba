import { withLowerDomain } from '@postrider/mail/address'
import type { Resource } from '@postrider/resources/kinds'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { Inventory } from './inventory.ts'
import type { Observed, VerifiedSender } from './observed.ts'

/** A SenderAddress, with what its verification needs. */
export interface PlannedSender extends VerifiedSender {
  namespace: string
  name: string
  code?: string | undefined
  resend?: string | undefined
  /** Whether the configuration allows sending as this address. */
  verified: boolean
}

/** Adds the verified addresses to the allowed senders of credentials and Domains in the configuration. Returns all sender addresses,
 * verified or not. */
export function planSenders(
  inventory: Inventory,
  { senders: verified }: Observed,
  platform: Resource<'MailPlatform'>,
  config: Pick<RuntimeConfig, 'domains' | 'credentials'>,
): PlannedSender[] {
  return inventory.all('SenderAddress').flatMap((sender) => {
    const { namespace, name, spec } = sender
    const domain = inventory.find('Domain', spec.domainRef, sender, 'spec.domainRef')
    const credentials = spec.credentialRefs.flatMap((reference, index) => {
      const path = `spec.credentialRefs[${index}]`
      const found = inventory.find('SMTPCredential', reference, sender, path)
      if (found === undefined || found.spec.domainRef.name === spec.domainRef.name) return found ?? []
      inventory.report(sender, path, `names ${found.name}, which does not belong to Domain ${spec.domainRef.name}`)
      return []
    })
    if (platform.spec.verification.senderAddresses === 'Never')
      inventory.report(
        sender,
        'kind',
        'is not allowed, because spec.verification.senderAddresses of the MailPlatform is Never',
      )
    if (domain === undefined) return []
    const { domainName } = domain.spec
    const address = withLowerDomain(spec.address)
    const known = verified?.get(`${namespace}/${name}`)
    const isVerified = known?.address === address && known.domainName === domainName
    if (isVerified) allow(address, domainName, spec.credentialRefs.length === 0 ? undefined : credentials, config)
    return [{ namespace, name, address, domainName, code: spec.code, resend: spec.resend, verified: isVerified }]
  })
}

function allow(
  address: string,
  domainName: string,
  only: Resource<'SMTPCredential'>[] | undefined,
  { domains, credentials }: Pick<RuntimeConfig, 'domains' | 'credentials'>,
): void {
  const domain = domains.get(domainName)
  if (only === undefined && domain !== undefined)
    domains.set(domainName, { ...domain, allowedSenders: [...domain.allowedSenders, address] })
  for (const { spec } of only ?? []) {
    const login = withLowerDomain(spec.address)
    const credential = credentials.get(login)
    if (credential !== undefined)
      credentials.set(login, { ...credential, allowedSenders: [...credential.allowedSenders, address] })
  }
}
