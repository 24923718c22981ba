import { isoSeconds } from '@postrider/time/iso'
import { triedTag } from './claim.ts'
import { expiresAt, isProven, MAX_ATTEMPTS } from './verification.ts'
import type { Verification, Wish } from './verification.ts'

/** The state of a verification, for a condition and for the log. */
export interface Verdict {
  verified: boolean
  reason: 'Verified' | 'CodePending' | 'TooManyCodes' | 'CodeSent' | 'WrongCode' | 'TooManyAttempts' | 'CodeExpired'
  message: string
  /** When the state may change by itself, milliseconds since the epoch. */
  changesAt?: number
}

const ANOTHER = 'set spec.resend to a new value to get another one'

/** Describes the state of a verification. `allowedAt`: when the limits allow the pending code to be sent; undefined if they allow it
 * now. Pure. */
export function verdictOf(
  platformKey: Buffer,
  known: Verification,
  { claim, code }: Wish,
  now: number,
  allowedAt?: number,
): Verdict {
  const { address, domainName } = claim
  const { codeID, attempts } = known
  if (isProven(platformKey, known, claim)) {
    const message = `the correct code was entered; ${domainName} may send as ${address}`
    return { verified: true, reason: 'Verified', message }
  }
  if (known.pendingID !== undefined && allowedAt !== undefined) {
    const message = `too many codes were requested recently; the next one will be sent to ${address} at ${time(allowedAt)}`
    return { verified: false, reason: 'TooManyCodes', message, changesAt: allowedAt }
  }
  if (codeID === undefined || known.pendingID !== undefined) {
    const message = `a code is about to be sent to ${address}`
    return { verified: false, reason: 'CodePending', message }
  }
  if (attempts >= MAX_ATTEMPTS) {
    const message = `${attempts} wrong codes were entered, so this code is no longer valid; ${ANOTHER}`
    return { verified: false, reason: 'TooManyAttempts', message }
  }
  const end = expiresAt(known) ?? 0
  if (now >= end) {
    const message = `the code sent to ${address} expired at ${time(end)}; ${ANOTHER}`
    return { verified: false, reason: 'CodeExpired', message }
  }
  if (code !== undefined && triedTag(platformKey, claim, code) === known.tried && attempts > 0) {
    const left = MAX_ATTEMPTS - attempts
    const message = `spec.code is not the code most recently sent to ${address}; ${left} more ${left === 1 ? 'try' : 'tries'} until ${time(end)}`
    return { verified: false, reason: 'WrongCode', message, changesAt: end }
  }
  const message = `a code was sent to ${address}; enter it in spec.code before ${time(end)}`
  return { verified: false, reason: 'CodeSent', message, changesAt: end }
}

/** RFC 3339, whole seconds. */
const time = (at: number): string => isoSeconds(at)
