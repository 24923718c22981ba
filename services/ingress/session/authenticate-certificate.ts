import { findLogin } from '@postrider/authentication/find-login'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { SubjectNames } from '@postrider/tls/host-names'
import { RefusalError } from '@postrider/smtp/refusal'

/** An AUTH EXTERNAL attempt: the user name that the client asks for, and the names in its certificate. */
export interface CertificateLogin {
  /** The authorization identity (RFC 4422, 3.4.1); empty: derived from the certificate. */
  authorization: string
  names: SubjectNames
}

/** The credential that a client with a valid certificate logs in as: the one that it asks for, or else the one whose address is in the
 * certificate. The credential must list one of the certificate's names: a CA that certifies app@example.com is not enough, the owner of
 * the credential decides. Throws the same RefusalError whether the credential does not exist or lists none of the names. */
export function loginOfCertificate({ authorization, names }: CertificateLogin, config: RuntimeConfig): string {
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
