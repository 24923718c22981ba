import type { Recipient } from '@postrider/mail/envelope'
import { ConnectionBrokenError, TurnedAwayError, forAll } from '../transaction/outcome.ts'
import { RequireTlsUnmet } from './require-tls.ts'
import type { RecipientResult, Remote, Stage, TransactionOutcome } from '../transaction/outcome.ts'

/** Why a host did not take the message, in a way that another host may still take it. */
export interface HostFailure {
  outcome: TransactionOutcome
  /** The host may take it later. */
  temporary: boolean
  stage: Stage
}

/** How far each stage is from a delivery: what a host said late tells more than what it said early. */
const STAGES: readonly Stage[] = [
  'dns',
  'connect',
  'greeting',
  'ehlo',
  'starttls',
  'mail',
  'rcpt',
  'data',
  'content',
  'final',
]

/** A host that cannot be looked up or connected to, or does not let us in.
 *
 * A refusal in a greeting or in the answer to EHLO speaks of the host, not of the message: it is never final by itself, whatever its
 * code (as Postfix does with smtp_skip_5xx_greeting). A host that lacks what the message needs lacks it later as well. */
export function failureOf(error: ConnectionBrokenError | TurnedAwayError, recipients: Recipient[]): HostFailure {
  const { stage, remote } = error
  if (error instanceof ConnectionBrokenError) {
    const result = { result: 'failed' as const, reply: error.message, errorCode: error.code, stage }
    return { outcome: { recipients: forAll(recipients, result), ...(remote && { remote }) }, temporary: true, stage }
  }
  const ours = error instanceof RequireTlsUnmet
  return refusal(error.reply.text, stage, recipients, { temporary: !ours, remote, ours })
}

/** A refusal of a host, or with `ours` one that follows from what is known of it; 4xx is temporary unless `ours` says otherwise. */
export function refusal(
  reply: string,
  stage: Stage,
  recipients: Recipient[],
  {
    temporary = reply.startsWith('4'),
    remote,
    ours = false,
  }: { temporary?: boolean; remote?: Remote; ours?: boolean } = {},
): HostFailure {
  const result = {
    result: 'refused' as const,
    reply,
    stage,
    ...(temporary ? { retry: true as const } : {}),
    ...(ours ? { ours: true as const } : {}),
  }
  return { outcome: { recipients: forAll(recipients, result), ...(remote && { remote }) }, temporary, stage }
}

/** What a transaction came to when the next host may still take the message: nothing was accepted and no content was sent, since
 * each recipient got a temporary refusal, or none, at MAIL or RCPT or DATA, or the host wants TLS that failed. Undefined when
 * the outcome stands. */
export function sessionFailure(outcome: TransactionOutcome): HostFailure | undefined {
  if (outcome.ambiguous === true || !outcome.recipients.every(isUnaccepted)) return undefined
  const stage = outcome.recipients[0]?.stage ?? 'mail'
  return { outcome, temporary: true, stage }
}

const isUnaccepted = ({ result, stage, reply }: RecipientResult): boolean =>
  (stage === 'starttls' || stage === 'mail' || stage === 'rcpt' || stage === 'data') &&
  (result === 'failed' || (result === 'refused' && reply.startsWith('4')))

/** What an attempt came to in which no host took the message: one temporary failure makes all of it temporary, and so does a host
 * that had no turn. Of those that decide, the one that came furthest speaks for all; of equals the first, which is the better host. */
export function combined(failures: readonly HostFailure[], { untried }: { untried: boolean }): TransactionOutcome {
  const temporary = failures.filter((failure) => failure.temporary)
  const deciding = temporary.length > 0 ? temporary : failures
  const [best] = deciding.toSorted((a, b) => STAGES.indexOf(b.stage) - STAGES.indexOf(a.stage))
  if (best === undefined) throw new TypeError('an attempt without a host has no outcome')
  if (best.temporary || !untried) return best.outcome
  return { ...best.outcome, recipients: best.outcome.recipients.map((result) => ({ ...result, retry: true as const })) }
}
