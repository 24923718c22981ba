import { findLogin } from '@postrider/authentication/find-login'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { SubjectNames } from '@postrider/tls/host-names'
import { RefusalError } from '@postrider/smtp/refusal'

/** Who a client says it is, and what its certificate says. */
export interface CertificateClaim {
  /** User name that it wants to be (RFC 4422: authorization identity); empty: the one its certificate is for. */
  authorization: string
  names: SubjectNames
}

/** The login of a client that has shown a valid certificate: the credential it names, or whose address the certificate is for, if
 * that lists one of the certificate's names. A CA's word that somebody is app@example.com is not enough: who has the credential
 * decides. Throws one and the same Refusal for a credential that there is not and one that lists none. */
export function loginOfCertificate({ authorization, names }: CertificateClaim, config: RuntimeConfig): string {
  const { dns, emails, uris } = names
  const shown = new Set([...dns, ...emails, ...uris])
  const asked = authorization === '' ? emails : [authorization]
  for (const name of asked) {
    const found = config.credentials.get(findLogin(config.credentials, name))
    if (found?.certificateNames?.some((one) => shown.has(one))) return found.address
  }
  const text =
    authorization === ''
      ? 'no credential accepts the address in your certificate; send a user name, or add the certificate to the clientCertificates of your credential'
      : 'wrong user name, or the clientCertificates of that credential list no name in your certificate'
  throw new RefusalError(535, '5.7.8', text, 'auth')
}
