import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { isXtext } from './xtext.ts'

export type DsnParameter = 'NOTIFY' | 'ORCPT' | 'RET' | 'ENVID'

/** A DSN parameter of MAIL or RCPT has a value that RFC 3461, 4 does not allow. The client gets 501 5.5.4. */
export class DsnParameterError extends Error {
  override readonly name = 'DsnParameterError'
  readonly parameter: DsnParameter
  /** What would be valid, as the object of "must be". */
  readonly wanted: string
  constructor(parameter: DsnParameter, wanted: string) {
    super(`${parameter} must be ${wanted}`)
    this.parameter = parameter
    this.wanted = wanted
  }
}

/** The longest values of ENVID and ORCPT (RFC 3461, 4.4 and 4.2), in characters. */
const MAX_ENVID = 100
const MAX_ORCPT = 500

/** Parses NOTIFY (RFC 3461, 4.1). Keywords in any case; each occurs once in the result. Throws DsnParameterError. */
export function parseNotify(value: string): NonNullable<Recipient['notify']> {
  const words = value.toUpperCase().split(',')
  if (words.length === 1 && words[0] === 'NEVER') return 'NEVER'
  if (!words.every(isNotifyWord))
    throw new DsnParameterError('NOTIFY', 'NEVER, or a list of SUCCESS, FAILURE and DELAY')
  return [...new Set(words)]
}

/** Checks ORCPT (RFC 3461, 4.2) and returns it unchanged, still encoded. The address after the type `utf-8` may be UTF-8 (RFC 6533, 3).
 * Throws DsnParameterError. */
export function parseOrcpt(value: string): string {
  if (!isOrcpt(value)) {
    throw new DsnParameterError('ORCPT', `an address type, a semicolon and xtext, of up to ${MAX_ORCPT} characters`)
  }
  return value
}

/** Parses RET (RFC 3461, 4.3). Throws DsnParameterError. */
export function parseRet(value: string): NonNullable<Envelope['ret']> {
  const word = value.toUpperCase()
  if (word !== 'FULL' && word !== 'HDRS') throw new DsnParameterError('RET', 'FULL or HDRS')
  return word
}

/** Checks ENVID (RFC 3461, 4.4) and returns it unchanged, still encoded. Throws DsnParameterError. */
export function parseEnvid(value: string): string {
  if (!isEnvid(value)) throw new DsnParameterError('ENVID', `xtext of 1 to ${MAX_ENVID} characters`)
  return value
}

/** The DSN parameters of MAIL for a remote that offers DSN (RFC 3461, 4.3 and 4.4), each with a leading space. An invalid value is left
 * out. */
export function mailParameters({ ret, envid }: Pick<Envelope, 'ret' | 'envid'>): string {
  return (ret === undefined ? '' : ` RET=${ret}`) + (envid === undefined || !isEnvid(envid) ? '' : ` ENVID=${envid}`)
}

/** The DSN parameters of RCPT (RFC 3461, 4.1 and 4.2) in the same form. An ORCPT that is not ASCII is always left out, since it requires
 * a remote that offers SMTPUTF8. */
export function rcptParameters({ notify, orcpt }: Pick<Recipient, 'notify' | 'orcpt'>): string {
  const words = notify === 'NEVER' ? 'NEVER' : notify?.join(',')
  const given = orcpt !== undefined && isOrcpt(orcpt) && /^[\x21-\x7e]*$/.test(orcpt)
  return (words === undefined || words === '' ? '' : ` NOTIFY=${words}`) + (given ? ` ORCPT=${orcpt}` : '')
}

const isNotifyWord = (word: string): word is 'SUCCESS' | 'FAILURE' | 'DELAY' =>
  word === 'SUCCESS' || word === 'FAILURE' || word === 'DELAY'

const isEnvid = (value: string): boolean => value.length > 0 && value.length <= MAX_ENVID && isXtext(value)

function isOrcpt(value: string): boolean {
  const [, type, address] = /^([A-Za-z0-9!#$%&'*+/?^_`{|}~-]+);(.+)$/su.exec(value) ?? []
  if (type === undefined || address === undefined || value.length > MAX_ORCPT) return false
  if (type.toLowerCase() !== 'utf-8') return isXtext(address)
  return /^[^\p{Cc}\p{Z}\p{Cs}=]+$/u.test(address)
}
