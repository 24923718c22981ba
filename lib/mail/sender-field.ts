import { addressesOf } from './mailbox.ts'

/** The submitter of a message. */
export interface Submitting {
  /** The login, which is an address, for a Sender field. */
  login: string
  mayUse: (address: string) => boolean
}

/** What happens to a Sender or Resent-Sender field: it stays as it is (or stays absent), is removed, or is set to the login. */
export type SenderFate = 'stays' | 'goes' | 'is set'

/** Decides about the Sender field. A server that knows the submitter may add or replace Sender, unless From already names the submitter
 * (RFC 6409, 8.1). A Sender with one address that the submitter may use is left unchanged; any other is not verified, and is replaced.
 * A From with several addresses requires a Sender, and a From with the same address makes it superfluous (RFC 5322, 3.6.2). */
export function senderFate(given: string | undefined, from: string[], { login, mayUse }: Submitting): SenderFate {
  if (given === undefined) return from.length > 1 ? 'is set' : 'stays'
  const named = addressesOf(given)
  const [only, another] = named
  if (only !== undefined && another === undefined && mayUse(only)) return 'stays'
  return from.length === 1 && from[0] === login ? 'goes' : 'is set'
}
