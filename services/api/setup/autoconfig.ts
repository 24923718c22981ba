import { content } from '../response.ts'
import type { Handler } from '../router.ts'
import { addressIn, addressOf, domainOfHost, settingsOf } from './settings.ts'
import type { ClientSettings, MailServer } from './settings.ts'
import { document, element } from './xml.ts'
import type { XmlElement } from './xml.ts'

/** Serves Mozilla's config-v1.1.xml, which Thunderbird, Evolution, KMail, K-9 and FairEmail read
 * (https://benbucksch.github.io/autoconfig-spec/). The domain is that of the address in the query, or else of the requested host. */
export const autoconfig: Handler = ({ query, host }, { config, submission }) => {
  const asked = addressIn(query)
  const domain = asked === undefined ? domainOfHost(host) : addressOf(asked).domain
  return content('text/xml; charset=utf-8', autoconfigDocument(settingsOf(domain, config(), submission)))
}

/** The document for a domain. It contains no address: the client fills in its own. Pure. */
export function autoconfigDocument({ domain, incoming, outgoing }: ClientSettings): string {
  return document(
    element(
      'clientConfig',
      { version: '1.1' },
      element(
        'emailProvider',
        { id: domain },
        element('domain', {}, domain),
        element('displayName', {}, domain),
        element('displayShortName', {}, domain),
        ...incoming.map((server) => serverElement('incomingServer', server)),
        ...outgoing.map((server) => serverElement('outgoingServer', server)),
      ),
    ),
  )
}

const serverElement = (name: string, { protocol, host, port, implicitTls, userName }: MailServer): XmlElement =>
  element(
    name,
    { type: protocol },
    element('hostname', {}, host),
    element('port', {}, String(port)),
    element('socketType', {}, implicitTls ? 'SSL' : 'STARTTLS'),
    element('username', {}, userName === 'Address' ? '%EMAILADDRESS%' : '%EMAILLOCALPART%'),
    // The password is sent inside TLS, which is always used.
    element('authentication', {}, 'password-cleartext'),
  )
