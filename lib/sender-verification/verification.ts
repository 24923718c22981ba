import { timingSafeEqual } from 'node:crypto'
import { fingerprintOf, proofOf, triedTag } from './claim.ts'
import type { Claim } from './claim.ts'
import { CODE_LIFETIME_MS, codeIssuedAt, isCode, newCodeID } from './code.ts'

/** What is stored about a SenderAddress. Times in milliseconds since the epoch. */
export interface Verification {
  /** Fingerprint of the claim that all this belongs to. */
  claim: string
  /** Id of the current code; undefined before the first one was sent. */
  codeID?: string
  codeSentAt?: number
  /** Queue id of the mail with the current code. */
  messageID?: string
  /** Id of a code whose mail is not in the queue yet. */
  pendingID?: string
  /** Number of wrong codes since the current one was sent. */
  attempts: number
  /** Keyed fingerprint of the last wrong code. */
  tried?: string
  resendDone?: string
  verifiedAt?: number
  proof?: string
}

/** What the resource requests. */
export interface Wish {
  claim: Claim
  code?: string | undefined
  resend?: string | undefined
}

/** Number of wrong codes after which the current code is no longer valid. */
export const MAX_ATTEMPTS = 5
/** A code that could not be sent for this long is replaced, so that it has its full lifetime when it is sent. Milliseconds; longer than
 * the broker's duplicate window. */
const STALE_MS = 10 * 60_000

/** Computes the next state from the resource's current request. A `pendingID` in the result must be stored durably, then mailed, then
 * passed to `noteSent`, in that order, so that a crash repeats the same mail and does not create a second one. Pure except for the id. */
export function advance(
  platformKey: Buffer,
  before: Verification | undefined,
  { claim, code, resend }: Wish,
  now: number,
  newID: (now: number) => string = newCodeID,
): Verification {
  const fingerprint = fingerprintOf(platformKey, claim)
  const known = before?.claim === fingerprint ? before : { claim: fingerprint, attempts: 0 }
  if (isProven(platformKey, known, claim)) return withResend(without(known, 'pendingID'), resend)
  const checked = checkCode(platformKey, without(known, 'proof', 'verifiedAt'), claim, code, now)
  if (checked.proof !== undefined) return withResend(without(checked, 'pendingID'), resend)
  const asked = resend !== undefined && resend !== checked.resendDone
  const needed = checked.codeID === undefined || asked || checked.pendingID !== undefined
  if (!needed) return checked
  const { pendingID } = checked
  // An id from the future would be valid for longer; the clocks of two operators may differ a little.
  const usable = pendingID !== undefined && Math.abs(now - codeIssuedAt(pendingID)) < STALE_MS
  return { ...withResend(checked, resend), pendingID: usable ? pendingID : newID(now) }
}

/** The pending code was mailed: it becomes the current code, and the previous one is no longer valid. */
export function noteSent(verification: Verification, messageID: string, now: number): Verification {
  const { pendingID, ...rest } = verification
  return pendingID === undefined ? rest : { ...rest, codeID: pendingID, codeSentAt: now, messageID, attempts: 0 }
}

/** Whether the correct code was entered for this claim. */
export const isProven = (platformKey: Buffer, { proof }: Pick<Verification, 'proof'>, claim: Claim): boolean =>
  proof !== undefined && same(proof, proofOf(platformKey, claim))

/** Compares in constant time. */
function same(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** When the current code expires, milliseconds since the epoch. */
export const expiresAt = ({ codeID }: Verification): number | undefined =>
  codeID === undefined ? undefined : codeIssuedAt(codeID) + CODE_LIFETIME_MS

/** Checks the code that was entered. Each code counts once, so that reconciling the same resource again is not another attempt. */
function checkCode(
  platformKey: Buffer,
  known: Verification,
  claim: Claim,
  code: string | undefined,
  now: number,
): Verification {
  const { codeID, attempts } = known
  if (code === undefined || codeID === undefined || attempts >= MAX_ATTEMPTS) return known
  if (now >= (expiresAt(known) ?? 0)) return known
  const tried = triedTag(platformKey, claim, code)
  if (tried === known.tried) return known
  if (!isCode(platformKey, claim, codeID, code)) return { ...known, attempts: attempts + 1, tried }
  return { ...without(known, 'tried'), attempts: 0, verifiedAt: now, proof: proofOf(platformKey, claim) }
}

const withResend = (known: Verification, resend: string | undefined): Verification =>
  resend === undefined ? known : { ...known, resendDone: resend }

const without = (known: Verification, ...fields: (keyof Verification)[]): Verification =>
  Object.fromEntries(
    Object.entries(known).filter(([field]) => !(fields as string[]).includes(field)),
  ) as unknown as Verification
