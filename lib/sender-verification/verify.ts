import type { Broker } from '@postrider/broker/connection'
import { NotStoredError } from '@postrider/queue/accept'
import { postCode } from './post.ts'
import type { CodeSender } from './post.ts'
import type { SentCodes } from './sent-codes.ts'
import { advance, noteSent } from './verification.ts'
import type { Verification, Wish } from './verification.ts'
import { verdictOf } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** What the verification of a SenderAddress needs from its provider. */
export interface VerificationPort {
  /** Stores the state durably. Called before a code is mailed, so that a crash in between repeats the same mail, and whenever the state
   * has changed. */
  keep(known: Verification, verdict: Verdict): Promise<void>
  /** Undefined while no mail can be sent. */
  mailer: { broker: Broker; sender: CodeSender } | undefined
  /** Kept from step to step. */
  sent: SentCodes
  now(): number
}

export interface SenderToVerify {
  namespace: string
  wish: Wish
  before: Verification | undefined
}

export interface Verified {
  verdict: Verdict
  /** A code is due but cannot be mailed at the moment: try again soon. */
  postponed: boolean
}

/** Performs one step of the verification of a SenderAddress: checks the code that was entered, or mails a new one if one is due. */
export async function verifySender(
  platformKey: Buffer,
  { namespace, wish, before }: SenderToVerify,
  { keep, mailer, sent, now }: VerificationPort,
): Promise<Verified> {
  const known = advance(platformKey, sent.after(before), wish, now())
  if (known.pendingID === undefined) {
    const verdict = verdictOf(platformKey, known, wish, now())
    await keep(known, verdict)
    sent.stored(known.codeID)
    return { verdict, postponed: false }
  }
  // Stored before it is mailed: after a crash the same code is mailed again.
  const pending = verdictOf(platformKey, known, wish, now())
  if (JSON.stringify(known) !== JSON.stringify(before)) await keep(known, pending)
  if (mailer === undefined) return { verdict: pending, postponed: true }
  const { claim } = wish
  try {
    const code = { claim, namespace, id: known.pendingID }
    const posted = await postCode(mailer.broker, platformKey, mailer.sender, code, now())
    const isSent = 'messageID' in posted
    const at = now()
    if (isSent) sent.note(code.id, posted.messageID, at)
    const next = isSent ? noteSent(known, posted.messageID, at) : known
    const verdict = verdictOf(platformKey, next, wish, at, isSent ? undefined : posted.allowedAt)
    await keep(next, verdict)
    if (isSent) sent.stored(code.id)
    return { verdict, postponed: false }
  } catch (error) {
    if (error instanceof NotStoredError) return { verdict: pending, postponed: true }
    throw error
  }
}
