import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { DsnParameterError, parseEnvid, parseNotify, parseOrcpt, parseRet } from './dsn-parameters.ts'
import { RefusalError } from './refusal.ts'
import { readHold } from './future-release.ts'
import type { Hold } from './future-release.ts'
import type { Offers } from './offers.ts'
import type { Path } from './path.ts'

/** The parameters of MAIL FROM. */
export interface MailParameters extends Pick<Envelope, 'ret' | 'envid' | 'utf8' | 'eightBit'> {
  /** The announced size of the message, in octets (RFC 1870). */
  size?: number
  /** REQUIRETLS (RFC 8689): deliver only over verified TLS, to servers that offer the same. */
  requireTls: boolean
  /** HOLDFOR or HOLDUNTIL (RFC 4865). */
  hold?: Hold
}

/** Reads the parameters of MAIL. Throws RefusalError for one that is unknown (RFC 5321, 4.1.1.11: 555) or has an invalid value. */
export function readMailParameters({ parameters }: Path, offers: Offers): MailParameters {
  const value = reader(parameters)
  const size = value('SIZE', readSize)
  const body = value('BODY', readBody)
  const ret = value('RET', parseRet)
  const envid = value('ENVID', parseEnvid)
  const utf8 = flag(parameters, 'SMTPUTF8')
  const requireTls = flag(parameters, 'REQUIRETLS')
  if (requireTls && !offers.secure) {
    throw new RefusalError(530, '5.7.10', 'REQUIRETLS requires a TLS session; send STARTTLS first', 'parameter')
  }
  // A server that offers AUTH must accept this parameter (RFC 4954, 5). Its value is not used.
  value('AUTH', (text) => text)
  const hold = readHold(
    value('HOLDFOR', (text) => text),
    value('HOLDUNTIL', (text) => text),
    offers,
  )
  refuseOthers(parameters, offers.longestHoldMs > 0 ? MAIL : MAIL_AT_ONCE, 'MAIL FROM')
  return {
    ...(size === undefined ? {} : { size }),
    ...(ret === undefined ? {} : { ret }),
    ...(envid === undefined ? {} : { envid }),
    ...(hold === undefined ? {} : { hold }),
    eightBit: body === '8BITMIME',
    utf8,
    requireTls,
  }
}

/** Reads the parameters of RCPT. Throws RefusalError like readMailParameters. */
export function readRcptParameters({ parameters }: Path): Pick<Recipient, 'notify' | 'orcpt'> {
  const value = reader(parameters)
  const notify = value('NOTIFY', parseNotify)
  const orcpt = value('ORCPT', parseOrcpt)
  refuseOthers(parameters, RCPT, 'RCPT TO')
  return { ...(notify === undefined ? {} : { notify }), ...(orcpt === undefined ? {} : { orcpt }) }
}

const MAIL_AT_ONCE = ['SIZE', 'BODY', 'RET', 'ENVID', 'SMTPUTF8', 'REQUIRETLS', 'AUTH']
const MAIL = [...MAIL_AT_ONCE, 'HOLDFOR', 'HOLDUNTIL']
const RCPT = ['NOTIFY', 'ORCPT']

const invalid = (text: string, cause?: unknown): RefusalError =>
  new RefusalError(501, '5.5.4', text, 'parameter', cause === undefined ? {} : { cause })

/** Returns a function that parses a parameter's value; it returns undefined when the parameter is absent, and throws RefusalError for an
 * invalid value. */
function reader(parameters: Path['parameters']) {
  return <Value>(name: string, parse: (text: string) => Value): Value | undefined => {
    const given = parameters.get(name)
    if (given === undefined) return undefined
    if (given === true) throw invalid(`${name} needs a value: ${name}=...`)
    try {
      return parse(given)
    } catch (error) {
      if (error instanceof DsnParameterError) throw invalid(error.message, error)
      throw error
    }
  }
}

function flag(parameters: Path['parameters'], name: string): boolean {
  const given = parameters.get(name)
  if (typeof given === 'string') throw invalid(`${name} takes no value`)
  return given === true
}

function refuseOthers(parameters: Path['parameters'], known: string[], command: string): void {
  const unknown = [...parameters.keys()].find((name) => !known.includes(name))
  if (unknown === undefined) return
  throw new RefusalError(555, '5.5.4', `parameter ${unknown} is not supported in ${command}; leave it out`, 'parameter')
}

/** Parses SIZE (RFC 1870, 4): up to 20 digits. */
function readSize(text: string): number {
  if (!/^\d{1,20}$/.test(text)) throw invalid('SIZE must be a number of octets')
  return Number(text)
}

/** Parses BODY (RFC 6152, 2). BINARYMIME is not offered: hardly any remote accepts it, and recoding would break signatures. */
function readBody(text: string): '7BIT' | '8BITMIME' {
  const body = text.toUpperCase()
  if (body !== '7BIT' && body !== '8BITMIME') throw invalid('BODY must be 7BIT or 8BITMIME')
  return body
}
