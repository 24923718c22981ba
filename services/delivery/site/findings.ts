import { getBounceInfo } from '@postrider/reply/classify'
import type { Category } from '@postrider/reply/category'
import { ConnectionBrokenError } from '../transaction/outcome.ts'
import type { RecipientResult, Stage, TransactionOutcome, TurnedAwayError } from '../transaction/outcome.ts'
import type { SeriesResult } from '../transaction/series.ts'

/** What a transaction shows about its site.
 *
 * `works`: it took what it was given, or refused it for what it is. `crowded`: it wants less at once. `answered`: it is up, and its bad
 * news concerns the sender or the message: nothing follows for other mail. `unknown`: it was not asked. `unreachable`: none of
 * its hosts let us in, and why. */
export type Finding = 'works' | 'crowded' | 'answered' | 'unknown' | { unreachable: string }

/** A reply of one of these speaks of us as a sender, or of this message: other mail may be welcome. */
const ABOUT_THE_SENDER: ReadonlySet<Category> = new Set([
  'blocklisted',
  'reverse-dns',
  'auth-spf',
  'auth-dkim',
  'auth-dmarc',
  'spam-content',
  'virus',
  'policy',
  'relay-denied',
])

/** The fence before the final dot ended the transaction (content.ts): we broke it off, which says nothing about the site. */
const brokenOffByUs = ({ errorCode }: RecipientResult): boolean => errorCode === 'LEASE'

export function findingOf({ recipients }: TransactionOutcome): Finding {
  if (recipients.some(brokenOffByUs)) return 'unknown'
  const all = recipients.map(findingOfResult)
  return all.find((finding) => finding === 'crowded') ?? all.find((finding) => finding === 'answered') ?? 'works'
}

/** RFC 3463: 4.3.2 is "system not accepting network messages"; 421 closes the connection (RFC 5321, 3.8). */
function findingOfResult({ result, reply, stage }: RecipientResult): 'works' | 'crowded' | 'answered' {
  if (result === 'delivered') return 'works'
  if (result === 'failed' || /^421|^4\d\d[ -]4\.3\.2/.test(reply)) return 'crowded'
  return findingOfReply(reply, stage) ?? 'works'
}

/** What a refusal says of the pace or of us; undefined when it says nothing about either. */
function findingOfReply(reply: string, stage: Stage): 'crowded' | 'answered' | undefined {
  const { category } = getBounceInfo({ response: reply, stage })
  if (category === 'rate-limited') return 'crowded'
  return ABOUT_THE_SENDER.has(category) ? 'answered' : undefined
}

/** What a host that did not let us in shows about the site. */
export const findingOfError = (error: ConnectionBrokenError | TurnedAwayError): Finding =>
  (error instanceof ConnectionBrokenError ? undefined : findingOfReply(error.reply.text, error.stage)) ?? {
    unreachable: error.message,
  }

/** The remote closed a connection while nobody used it: MAIL was answered by nothing or by 421. */
export const diedIdle = ({ begun, outcome }: SeriesResult): boolean =>
  !begun && !outcome.recipients.some(({ errorCode }) => errorCode === 'TIMEOUT')

/** Errors that a connection fails with before a packet leaves: a pool's address that this machine does not have, no descriptors. */
const LOCAL_FAULTS = new Set([
  'EADDRNOTAVAIL',
  'EADDRINUSE',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
])

export const isLocalFault = (error: ConnectionBrokenError | TurnedAwayError): boolean =>
  error instanceof ConnectionBrokenError && error.stage === 'connect' && LOCAL_FAULTS.has(error.code)

/** The system refuses to send to the address: no route, or no such family here. */
export const hasNoPath = (error: ConnectionBrokenError | TurnedAwayError): boolean =>
  error instanceof ConnectionBrokenError && (error.code === 'ENETUNREACH' || error.code === 'EAFNOSUPPORT')
