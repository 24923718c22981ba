import { ProblemError } from '../problem.ts'
import { content } from '../response.ts'
import type { ApiResponse } from '../response.ts'
import type { Handler } from '../router.ts'
import { addressOf, loginAt, settingsOf, valueOf } from './settings.ts'
import type { ClientSettings, MailServer } from './settings.ts'
import { document, element, textOf } from './xml.ts'
import type { XmlElement } from './xml.ts'

const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'
const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
const PATH = '/autodiscover/autodiscover.xml'

/** Answers the XML request of Outlook ([MS-OXDSCLI], plain old XML) with the servers for the address in it. */
export const autodiscover: Handler = ({ body }, { config, submission }) => {
  const posted = body.toString('utf8')
  const schema = textOf(posted, 'AcceptableResponseSchema')
  if (schema !== undefined && schema !== OUTLOOK) return refused('601', 'Provider is not available')
  const asked = textOf(posted, 'EMailAddress')
  if (asked === undefined) return refused('600', 'Invalid Request')
  try {
    const { address, domain } = addressOf(asked)
    return xml(autodiscoverDocument(settingsOf(domain, config(), submission), address))
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return error.status === 404
      ? refused('500', 'The email address cannot be found.')
      : refused('600', 'Invalid Request')
  }
}

/** Redirects Outlook, which asks `autodiscover.<domain>` by plain HTTP, to the host whose certificate matches its name. */
export const autodiscoverRedirect: Handler = ({ host }, { publicHost }) => {
  // This is already the public host, and a GET contains no request to answer.
  if (publicHost === undefined || publicHost === host) return refused('600', 'Invalid Request')
  return { status: 302, headers: { location: `https://${publicHost}${PATH}` }, body: '' }
}

/** Answers the newer protocol ([MS-OXDSCLI], 3.1.5.4), by which clients ask for the URL of the older one. The answer is the same for every
 * address; the address, in the query or at the end of the path, is ignored. */
export const autodiscoverV2: Handler = ({ query, host }, { publicHost = host }) => {
  const protocol = valueOf(query, 'protocol')
  if (protocol === undefined) return refusedV2(400, 'MandatoryParameterMissing', 'The Protocol parameter is missing.')
  if (protocol.toLowerCase() !== 'autodiscoverv1')
    return refusedV2(404, 'ProtocolNotSupported', 'The only supported value of Protocol is AutodiscoverV1.')
  const answer = { Protocol: 'AutodiscoverV1', Url: `https://${publicHost}${PATH}` }
  return content('application/json', JSON.stringify(answer))
}

const refusedV2 = (status: number, code: string, text: string): ApiResponse => ({
  ...content('application/json', JSON.stringify({ ErrorCode: code, ErrorMessage: text })),
  status,
})

/** The document for an address. Pure. */
export function autodiscoverDocument({ incoming, outgoing }: ClientSettings, address: string): string {
  // Outlook accepts one server for each protocol.
  const servers: MailServer[] = [...incoming, ...outgoing.slice(0, 1)]
  return document(
    element(
      'Autodiscover',
      { xmlns: RESPONSE },
      element(
        'Response',
        { xmlns: OUTLOOK },
        element('User', {}, element('DisplayName', {}, address)),
        element(
          'Account',
          {},
          element('AccountType', {}, 'email'),
          element('Action', {}, 'settings'),
          ...servers.map((server) => protocolElement(server, address)),
        ),
      ),
    ),
  )
}

function protocolElement(server: MailServer, address: string): XmlElement {
  const { protocol, host, port, implicitTls } = server
  const one = (name: string, text: string): XmlElement => element(name, {}, text)
  return element(
    'Protocol',
    {},
    one('Type', protocol.toUpperCase()),
    one('Server', host),
    one('Port', String(port)),
    one('DomainRequired', 'off'),
    one('LoginName', loginAt(server, address)),
    one('SPA', 'off'),
    one('SSL', 'on'),
    // Takes precedence over SSL.
    one('Encryption', implicitTls ? 'SSL' : 'TLS'),
    one('AuthRequired', 'on'),
    ...(protocol === 'smtp' ? [one('UsePOPAuth', 'off'), one('SMTPLast', 'off')] : []),
  )
}

/** A refusal as an XML answer with status 200, as [MS-OXDSCLI] specifies: Outlook does not show HTTP errors. */
const refused = (code: string, message: string): ApiResponse =>
  xml(
    document(
      element(
        'Autodiscover',
        { xmlns: RESPONSE },
        element(
          'Response',
          {},
          element(
            'Error',
            { Time: '00:00:00', Id: '0' },
            element('ErrorCode', {}, code),
            element('Message', {}, message),
            element('DebugData', {}),
          ),
        ),
      ),
    ),
  )

const xml = (text: string): ApiResponse => content('text/xml; charset=utf-8', text)
