import { normaliseAddress } from '@postrider/mail/address'
import { addressFault } from '@postrider/mail/address-fault'
import { RefusalError } from './refusal.ts'

/** The argument of `MAIL FROM:` or `RCPT TO:`. Only its syntax has been checked. */
export interface Path {
  /** Without the brackets and the source route; empty for the null reverse-path. */
  address: string
  /** ESMTP parameters as given, by keyword in upper case; `true` for a keyword without a value. */
  parameters: Map<string, string | true>
}

export type PathCommand = 'MAIL FROM' | 'RCPT TO'

/** Parses the line of a MAIL or RCPT command (RFC 5321, 4.1.2). White space after the colon and inside the brackets is accepted, as is
 * common; a source route is skipped (RFC 5321, appendix C). Throws RefusalError with a text that names the fault. */
export function readPath(line: string, command: PathCommand): Path {
  const refuse = (what: string): RefusalError =>
    new RefusalError(501, command === 'MAIL FROM' ? '5.1.7' : '5.1.3', what, reasonOf(command))
  const [prefix = ''] = /^[A-Za-z]+[ \t]+[A-Za-z]+[ \t]*:[ \t]*/.exec(line) ?? []
  const verb = prefix.replace(/[ \t]*:[ \t]*$/, '').replace(/[ \t]+/, ' ')
  if (verb.toUpperCase() !== command) throw refuse(`syntax: ${command}:<address>`)
  const rest = line.slice(prefix.length)
  const end = endOfPath(rest)
  if (end === undefined) throw refuse(`put the address in angle brackets: ${command}:<address>`)
  const after = rest.slice(end)
  if (/^[ \t]*,|^[ \t]*</.test(after)) throw refuse(`give only one address in each ${command}`)
  if (after !== '' && !/^[ \t]/.test(after)) throw refuse('put a space between the address and its parameters')
  // Source routes are obsolete: the hosts before the colon would only relay the message.
  const address = rest
    .slice(1, end - 1)
    .trim()
    .replace(/^@[^\s,:@<>]+(?:,@[^\s,:@<>]+)*:/, '')
  if (namesSeveral(address)) throw refuse(`give only one address in each ${command}`)
  return { address, parameters: readParameters(after) }
}

/** Normalises the address of a path. Throws RefusalError for an address that is not valid, or that needs SMTPUTF8 when the client did
 * not give it (RFC 6531, 3.5). */
export function addressOf(address: string, command: PathCommand, utf8: boolean): string {
  const status = command === 'MAIL FROM' ? '5.1.7' : '5.1.3'
  const fault = addressFault(address)
  if (fault !== undefined)
    throw new RefusalError(501, status, `<${shown(address)}> is not a valid address: ${fault}`, reasonOf(command))
  if (!utf8 && /[^\u0000-\u007f]/.test(address)) {
    const inDomain = /^[\u0000-\u007f]*$/.test(address.slice(0, address.lastIndexOf('@')))
    const what = `<${shown(address)}> requires SMTPUTF8: add SMTPUTF8 to MAIL FROM${inDomain ? ', or write the domain as xn--...' : ''}`
    throw new RefusalError(553, '5.6.7', what, reasonOf(command))
  }
  return normaliseAddress(address) ?? ''
}

/** Shortens an address for a reply, whose line may have 512 octets (RFC 5321, 4.5.3.1.5). */
const shown = (address: string): string => (address.length > 60 ? `${address.slice(0, 60)}...` : address)

export const reasonOf = (command: PathCommand): 'sender' | 'recipient' =>
  command === 'MAIL FROM' ? 'sender' : 'recipient'

/** Whether there are several addresses, as in `kim@example.org,lee@example.org`, outside quotes. */
const namesSeveral = (text: string): boolean => /@[^@"]*[,;][^@"]*@/.test(text.replace(QUOTED, '""'))

const QUOTED = /"(?:[^"\\]|\\.)*"/g

/** Offset after the closing bracket; brackets inside a quoted local part are skipped. Undefined when there is none. */
function endOfPath(text: string): number | undefined {
  if (!text.startsWith('<')) return undefined
  let quoted = false
  for (let at = 1; at < text.length; at++) {
    if (quoted && text[at] === '\\') at++
    else if (text[at] === '"') quoted = !quoted
    else if (!quoted && text[at] === '>') return at + 1
    else if (!quoted && text[at] === '<') return undefined
  }
  return undefined
}

/** Parses ESMTP parameters (RFC 5321, 4.1.2): `keyword` or `keyword=value`, each keyword once. */
function readParameters(text: string): Path['parameters'] {
  const parameters: Path['parameters'] = new Map()
  for (const word of text.split(/[ \t]+/).filter((one) => one !== '')) {
    const [, keyword, value] = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([^\u0000-\u0020=\u007f\ufffd]+))?$/.exec(word) ?? []
    if (keyword === undefined) {
      throw new RefusalError(501, '5.5.4', 'write each parameter as KEYWORD or KEYWORD=value', 'parameter')
    }
    const name = keyword.toUpperCase()
    if (parameters.has(name)) throw new RefusalError(501, '5.5.4', `${name} appears more than once`, 'parameter')
    parameters.set(name, value ?? true)
  }
  return parameters
}
