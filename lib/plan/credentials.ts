import { lowerAscii, withLowerDomain } from '@postrider/mail/address'
import type { CredentialConfig } from '@postrider/runtime-config/config'
import type { Resource } from '@postrider/resources/kinds'
import { limitOf } from './limits.ts'
import type { Inventory } from './inventory.ts'
import type { Observed, Wanted } from './observed.ts'

export function planCredentials(
  inventory: Inventory,
  observed: Observed,
  platform: Resource<'MailPlatform'>,
  wanted: Wanted[],
): Map<string, CredentialConfig> {
  const credentials = new Map<string, CredentialConfig>()
  /** Logins by their lower-case form, since logins do not differ in case. */
  const logins = new Map<string, string>()
  for (const credential of inventory.all('SMTPCredential')) {
    const { spec } = credential
    const address = withLowerDomain(spec.address)
    const domain = inventory.find('Domain', spec.domainRef, credential, 'spec.domainRef')
    if (domain === undefined) continue
    if (!address.endsWith(`@${domain.spec.domainName}`)) {
      inventory.report(
        credential,
        'spec.address',
        `is ${address}, but must be an address of ${domain.spec.domainName} (spec.domainRef)`,
      )
      continue
    }
    const other = logins.get(lowerAscii(address))
    if (other !== undefined) {
      const differs = other === address ? '' : '; logins that differ only in case are the same'
      inventory.report(
        credential,
        'spec.address',
        `is ${address}, but another SMTPCredential already uses ${other}${differs}`,
      )
      continue
    }
    logins.set(lowerAscii(address), address)
    const generated = observed.verifiers.get(`${credential.namespace}/${credential.name}`) ?? []
    if (generated.length === 0 && spec.passwordHashes.length === 0) wanted.push({ thing: 'password', credential })
    credentials.set(address, {
      address,
      domain: domain.spec.domainName,
      passwordHashes: spec.passwordHashes.length > 0 ? spec.passwordHashes : generated,
      ...(spec.clientCertificates.length === 0
        ? {}
        : { certificateNames: spec.clientCertificates.map(certificateName) }),
      allowedSenders: spec.allowedSenders,
      suspended: spec.state === 'Suspended',
      ...limitOf(credential, inventory, platform),
      ...(spec.resume === undefined ? {} : { resume: spec.resume }),
    })
  }
  return credentials
}

/** The name in the form in which names of certificates are compared: URIs unchanged, host names and addresses in lower case. */
const certificateName = (name: string): string => (/^[a-z][a-z0-9+.-]*:/i.test(name) ? name : name.toLowerCase())
