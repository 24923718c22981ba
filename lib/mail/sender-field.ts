import { addressesOf } from './mailbox.ts'

/** Who submits a message. */
export interface Submitting {
  /** The address that is put into a Sender field. */
  login: string
  mayUse: (address: string) => boolean
}

/** What becomes of a Sender or Resent-Sender field: it stays (or stays away), goes, or names the login. */
export type SenderFate = 'stays' | 'goes' | 'is set'

/** RFC 6409, 8.1: a server that knows who submits may add or replace Sender, where From does not say it already. A Sender that
 * names one address which the submitter may use is theirs to choose; any other claims what is not known, and is replaced.
 * RFC 5322, 3.6.2: a From of several addresses needs one, and a From of the same address makes it superfluous. */
export function senderFate(given: string | undefined, from: string[], { login, mayUse }: Submitting): SenderFate {
  if (given === undefined) return from.length > 1 ? 'is set' : 'stays'
  const named = addressesOf(given)
  const [only, another] = named
  if (only !== undefined && another === undefined && mayUse(only)) return 'stays'
  return from.length === 1 && from[0] === login ? 'goes' : 'is set'
}
