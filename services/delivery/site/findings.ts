import { getBounceInfo } from '@postrider/reply/classify'
import type { Category } from '@postrider/reply/category'
import { ConnectionBrokenError } from '../transaction/outcome.ts'
import type { RecipientResult, Stage, TransactionOutcome, SessionRefusedError } from '../transaction/outcome.ts'
import type { SeriesResult } from '../transaction/series.ts'

/** What a transaction shows about its site.
 *
 * - `works`: the site accepted the mail, or refused it for a reason that lies in the mail.
 * - `crowded`: the site wants fewer simultaneous transactions.
 * - `answered`: the site is up, and refused because of the sender or the message, which says nothing about other mail.
 * - `unknown`: no transaction reached the site.
 * - `unreachable`: none of its hosts accepted a session, with the reason. */
export type Finding = 'works' | 'crowded' | 'answered' | 'unknown' | { unreachable: string }

/** Categories that concern this sender or this message only. The site may accept other mail. */
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

/** Whether the fence ended the transaction before the final dot (content.ts). This platform aborted it, which says nothing about the site.
 * */
const abortedByUs = ({ errorCode }: RecipientResult): boolean => errorCode === 'LEASE'

export function findingOf({ recipients }: TransactionOutcome): Finding {
  if (recipients.some(abortedByUs)) return 'unknown'
  const all = recipients.map(findingOfResult)
  return all.find((finding) => finding === 'crowded') ?? all.find((finding) => finding === 'answered') ?? 'works'
}

/** X.3.2 is "system not accepting network messages" (RFC 3463, 3.4). 421 announces that the server closes the connection (RFC 5321, 3.8).
 * */
function findingOfResult({ result, reply, stage }: RecipientResult): 'works' | 'crowded' | 'answered' {
  if (result === 'delivered') return 'works'
  if (result === 'failed' || /^421|^4\d\d[ -]4\.3\.2/.test(reply)) return 'crowded'
  return findingOfReply(reply, stage) ?? 'works'
}

/** What a refusal says about our sending rate or about us as a sender; undefined if it concerns neither. */
function findingOfReply(reply: string, stage: Stage): 'crowded' | 'answered' | undefined {
  const { category } = getBounceInfo({ response: reply, stage })
  if (category === 'rate-limited') return 'crowded'
  return ABOUT_THE_SENDER.has(category) ? 'answered' : undefined
}

/** What a host that accepted no session shows about the site. */
export const findingOfError = (error: ConnectionBrokenError | SessionRefusedError): Finding =>
  (error instanceof ConnectionBrokenError ? undefined : findingOfReply(error.reply.text, error.stage)) ?? {
    unreachable: error.message,
  }

/** Whether the remote closed the connection while it was idle: it answered MAIL with 421, or closed without an answer. */
export const diedIdle = ({ begun, outcome }: SeriesResult): boolean =>
  !begun && !outcome.recipients.some(({ errorCode }) => errorCode === 'TIMEOUT')

/** Errors of a connection attempt that come from this machine, such as a pool address that it does not have, or a lack of file descriptors.
 * */
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

/** Whether a connection failed for a reason on this machine. */
export const isLocalFault = (error: ConnectionBrokenError | SessionRefusedError): boolean =>
  error instanceof ConnectionBrokenError && error.stage === 'connect' && LOCAL_FAULTS.has(error.code)

/** Whether this machine cannot send to the address: it has no network route, or does not support the address family. */
export const hasNoPath = (error: ConnectionBrokenError | SessionRefusedError): boolean =>
  error instanceof ConnectionBrokenError && (error.code === 'ENETUNREACH' || error.code === 'EAFNOSUPPORT')
