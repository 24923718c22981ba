import { ProblemError } from '../problem.ts'
import { content } from '../response.ts'
import type { Handler } from '../router.ts'
import { nameUuid } from './name-uuid.ts'
import { plist } from './plist.ts'
import { addressIn, addressOf, loginAt, settingsOf } from './settings.ts'
import type { ClientSettings, MailServer } from './settings.ts'

/** A configuration profile for the Mail of iOS, iPadOS and macOS, signed with the certificate of the platform. */
export const mobileconfig: Handler = ({ query }, { config, submission, sign }) => {
  const { address, domain } = addressOf(addressIn(query))
  const profile = profileOf(settingsOf(domain, config(), submission), address)
  return content('application/x-apple-aspen-config', sign(Buffer.from(profile)), {
    'content-disposition': `attachment; filename="${domain}.mobileconfig"`,
  })
}

/** Pure: the same address has the same profile, which replaces the one before it when it is installed again. Throws a Problem where
 * the domain says nothing of incoming mail: an account of Apple's Mail can't be without. */
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
  // Whether that begins with the first octet or with STARTTLS the Mail program finds out by itself.
  [`${prefix}MailServerUseSSL`]: true,
  [`${prefix}MailServerAuthentication`]: 'EmailAuthPassword',
  [`${prefix}MailServerUsername`]: loginAt(at, address),
})
