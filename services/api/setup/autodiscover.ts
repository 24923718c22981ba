import { Problem } from '../problem.ts'
import { content } from '../response.ts'
import type { ApiResponse } from '../response.ts'
import type { Handler } from '../router.ts'
import { addressOf, loginAt, settingsOf } from './settings.ts'
import type { ClientSettings, MailServer } from './settings.ts'
import { document, element, textOf } from './xml.ts'
import type { XmlElement } from './xml.ts'

const RESPONSE = 'http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006'
const OUTLOOK = 'http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a'
const PATH = '/autodiscover/autodiscover.xml'

/** What Outlook posts ([MS-OXDSCLI], plain old XML): the servers of the address in the request. */
export const autodiscover: Handler = ({ body }, { config, submission }) => {
  const posted = body.toString('utf8')
  const schema = textOf(posted, 'AcceptableResponseSchema')
  if (schema !== undefined && schema !== OUTLOOK) return refused('601', 'Provider is not available')
  const asked = textOf(posted, 'EMailAddress')
  if (asked === undefined) return refused('600', 'Invalid Request')
  const { address, domain } = addressOf(asked)
  return xml(autodiscoverDocument(settingsOf(domain, config(), submission), address))
}

/** Outlook asks `autodiscover.<domain>` by plain HTTP for the place of the real one: where the certificate fits the name. */
export const autodiscoverRedirect: Handler = ({ host }, { publicHost }) => {
  if (publicHost === undefined || publicHost === host)
    throw new Problem(405, 'post the request here', { allow: 'POST' })
  return { status: 302, headers: { location: `https://${publicHost}${PATH}` }, body: '' }
}

/** The newer question for where the older one is answered. */
export const autodiscoverV2: Handler = ({ query, host }, { publicHost = host }) => {
  if (query.get('Protocol')?.toLowerCase() !== 'autodiscoverv1') throw new Problem(404, 'only AutodiscoverV1 is there')
  const answer = { Protocol: 'AutodiscoverV1', Url: `https://${publicHost}${PATH}` }
  return content('application/json', JSON.stringify(answer))
}

/** Pure. */
export function autodiscoverDocument({ incoming, outgoing }: ClientSettings, address: string): string {
  // Outlook takes one server a protocol.
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
    // Where it is there it decides, and SSL does not.
    one('Encryption', implicitTls ? 'SSL' : 'TLS'),
    one('AuthRequired', 'on'),
    ...(protocol === 'smtp' ? [one('UsePOPAuth', 'off'), one('SMTPLast', 'off')] : []),
  )
}

/** A refusal is an answer like others, by that page: Outlook shows nothing of an HTTP status. */
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
          ),
        ),
      ),
    ),
  )

const xml = (text: string): ApiResponse => content('text/xml; charset=utf-8', text)
