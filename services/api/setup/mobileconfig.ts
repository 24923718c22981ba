import { ProblemError } from '../problem.ts'
import { content } from '../response.ts'
import type { Handler } from '../router.ts'
import { nameUuid } from './name-uuid.ts'
import { plist } from './plist.ts'
import { addressIn, addressOf, loginAt, settingsOf } from './settings.ts'
import type { ClientSettings, MailServer } from './settings.ts'

/** Serves a configuration profile for Mail on iOS, iPadOS and macOS, signed with the platform's certificate. */
export const mobileconfig: Handler = ({ query }, { config, submission, sign }) => {
  const { address, domain } = addressOf(addressIn(query))
  const profile = profileOf(settingsOf(domain, config(), submission), address)
  return content('application/x-apple-aspen-config', sign(Buffer.from(profile)), {
    'content-disposition': `attachment; filename="${domain}.mobileconfig"`,
  })
}

/** The profile for an address. Pure: the same address always has the same identifiers, so a profile that is installed again replaces the
 * previous one. Throws a ProblemError if the domain has no incoming server, which an account of Apple's Mail requires. */
export function profileOf({ domain, incoming, outgoing }: ClientSettings, address: string): string {
  const [reads] = incoming
  const [sends] = outgoing
  if (reads === undefined || sends === undefined)
    throw new ProblemError(
      404,
      'this domain has no incoming mail server, which an account needs; set spec.incoming of the Domain',
    )
  const identifier = `dev.postrider.${domain}`
  const account = {
    PayloadType: 'com.apple.mail.managed',
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.mail`,
    PayloadUUID: nameUuid(`mail/${address}`),
    PayloadDisplayName: address,
    EmailAccountDescription: domain,
    EmailAccountType: reads.protocol === 'imap' ? 'EmailTypeIMAP' : 'EmailTypePOP',
    EmailAddress: address,
    ...server('Incoming', reads, address),
    ...server('Outgoing', sends, address),
    OutgoingPasswordSameAsIncomingPassword: false,
  }
  return plist({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: nameUuid(`profile/${address}`),
    PayloadDisplayName: `Mail for ${address}`,
    PayloadDescription: `Sets up the mail account ${address}.`,
    PayloadOrganization: domain,
    PayloadContent: [account],
  })
}

const server = (prefix: 'Incoming' | 'Outgoing', at: MailServer, address: string) => ({
  [`${prefix}MailServerHostName`]: at.host,
  [`${prefix}MailServerPortNumber`]: at.port,
  // Mail finds out by itself whether the server uses implicit TLS or STARTTLS.
  [`${prefix}MailServerUseSSL`]: true,
  [`${prefix}MailServerAuthentication`]: 'EmailAuthPassword',
  [`${prefix}MailServerUsername`]: loginAt(at, address),
})
