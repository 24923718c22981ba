import { Broken } from '../transaction/outcome.ts'
import type { TurnedAway, TransactionOutcome } from '../transaction/outcome.ts'
import type { SeriesResult } from '../transaction/series.ts'
import type { Finding } from './site.ts'

/** The remote closed a connection while nobody used it: MAIL was answered by nothing or by 421. */
export const diedIdle = ({ begun, outcome }: SeriesResult): boolean =>
  !begun && !outcome.recipients.some(({ errorCode }) => errorCode === 'TIMEOUT')

/** Signs that the site wants less: no answer, or 421, or 4.7.x and 4.3.2 (RFC 3463: policy, not accepting). */
export const findingOf = ({ recipients }: TransactionOutcome): Finding =>
  recipients.some(({ result, reply }) => result === 'failed' || /^421|^4\d\d[ -](4\.7\.|4\.3\.2)/.test(reply))
    ? 'crowded'
    : 'works'

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

export const isLocalFault = (error: Broken | TurnedAway): boolean =>
  error instanceof Broken && error.stage === 'connect' && LOCAL_FAULTS.has(error.code)
