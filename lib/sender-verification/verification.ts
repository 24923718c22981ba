import { timingSafeEqual } from 'node:crypto'
import { fingerprintOf, proofOf, triedTag } from './claim.ts'
import type { Claim } from './claim.ts'
import { CODE_LIFETIME_MS, codeIssuedAt, isCode, newCodeID } from './code.ts'

/** What is remembered of a SenderAddress. Times in milliseconds since the epoch. */
export interface Verification {
  /** Fingerprint of what all this speaks of. */
  claim: string
  /** The code that counts; undefined before the first was sent. */
  codeID?: string
  codeSentAt?: number
  /** Queue id of the mail that it is in. */
  messageID?: string
  /** A code whose mail is not in the queue yet. */
  pendingID?: string
  /** Wrong codes since the one that counts was sent. */
  attempts: number
  /** The wrong code that was given back last. */
  tried?: string
  resendDone?: string
  verifiedAt?: number
  proof?: string
}

/** What the resource says. */
export interface Wish {
  claim: Claim
  code?: string | undefined
  resend?: string | undefined
}

/** Wrong codes after which the one that was sent counts no more. */
export const MAX_ATTEMPTS = 5
/** A code that could not be sent for so long is replaced, so that it is fresh when it is. Milliseconds; longer than the broker
 * knows a repeated mail by its id. */
const STALE_MS = 10 * 60_000

/** What is to be remembered, given the wish of this moment. A `pendingID` in the result is to be remembered durably, then mailed,
 * then passed to `noteSent`: in that order, so that a crash repeats the same mail and makes no second one. Pure but for the id. */
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
  const judged = judge(platformKey, without(known, 'proof', 'verifiedAt'), claim, code, now)
  if (judged.proof !== undefined) return withResend(without(judged, 'pendingID'), resend)
  const asked = resend !== undefined && resend !== judged.resendDone
  const needed = judged.codeID === undefined || asked || judged.pendingID !== undefined
  if (!needed) return judged
  const { pendingID } = judged
  // One of the future would be good for longer; the clocks of two operators may differ a little.
  const usable = pendingID !== undefined && Math.abs(now - codeIssuedAt(pendingID)) < STALE_MS
  return { ...withResend(judged, resend), pendingID: usable ? pendingID : newID(now) }
}

/** The pending code was mailed: it is the one that counts, and the one before is void. */
export function noteSent(verification: Verification, messageID: string, now: number): Verification {
  const { pendingID, ...rest } = verification
  return pendingID === undefined ? rest : { ...rest, codeID: pendingID, codeSentAt: now, messageID, attempts: 0 }
}

/** Whether the right code was given back for this claim. */
export const isProven = (platformKey: Buffer, { proof }: Pick<Verification, 'proof'>, claim: Claim): boolean =>
  proof !== undefined && same(proof, proofOf(platformKey, claim))

/** As quick with a proof that is nearly right as with any other. */
function same(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Until when the code that counts can be given back. */
export const expiresAt = ({ codeID }: Verification): number | undefined =>
  codeID === undefined ? undefined : codeIssuedAt(codeID) + CODE_LIFETIME_MS

/** Looks at the code that was given back, each once: whoever tries by hand is not punished for looking twice. */
function judge(
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
