import type { Recipient } from '@postrider/mail/envelope'
import { ConnectionBrokenError, SessionRefusedError, forAll } from '../transaction/outcome.ts'
import { RequireTlsUnmetError } from './require-tls.ts'
import type { RecipientResult, Remote, Stage, TransactionOutcome } from '../transaction/outcome.ts'

/** Why a host did not accept a message that another host may still accept. */
export interface HostFailure {
  outcome: TransactionOutcome
  /** The host may accept the message later. */
  temporary: boolean
  stage: Stage
}

/** Stages in the order of a session. The reply at a later stage is more informative. */
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

/** The failure of a host that could not be connected to, or refused the session.
 *
 * A refusal in the greeting or in the reply to EHLO concerns the host, not the message. It is temporary whatever its code, as with
 * Postfix's smtp_skip_5xx_greeting. A host without an extension that the message requires is a permanent failure. */
export function failureOf(error: ConnectionBrokenError | SessionRefusedError, recipients: Recipient[]): HostFailure {
  const { stage, remote } = error
  if (error instanceof ConnectionBrokenError) {
    const result = { result: 'failed' as const, reply: error.message, errorCode: error.code, stage }
    return { outcome: { recipients: forAll(recipients, result), ...(remote && { remote }) }, temporary: true, stage }
  }
  const ours = error instanceof RequireTlsUnmetError
  return refusal(error.reply.text, stage, recipients, { temporary: !ours, remote, ours })
}

/** The failure of a host that refused the message. `ours`: this platform derived the refusal from what it knows about the host. By default
 * the failure is temporary if the reply is 4xx. */
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

/** The failure of a transaction after which the next host may be tried: every recipient was refused temporarily or got no reply at MAIL,
 * RCPT or DATA, or the host demands TLS, which failed. No content was sent then. Undefined if the outcome stands. */
export function sessionFailure(outcome: TransactionOutcome): HostFailure | undefined {
  if (outcome.ambiguous === true || !outcome.recipients.every(isUnaccepted)) return undefined
  const stage = outcome.recipients[0]?.stage ?? 'mail'
  return { outcome, temporary: true, stage }
}

const isUnaccepted = ({ result, stage, reply }: RecipientResult): boolean =>
  (stage === 'starttls' || stage === 'mail' || stage === 'rcpt' || stage === 'data') &&
  (result === 'failed' || (result === 'refused' && reply.startsWith('4')))

/** The outcome of an attempt in which no host accepted the message. It is temporary if one failure is temporary, or if a host was not tried
 * (`untried`). The outcome is that of the host where the session got furthest, among the temporary failures if there are any; of several,
 * the first, which is the best host. Throws TypeError if `failures` is empty. */
export function combined(failures: readonly HostFailure[], { untried }: { untried: boolean }): TransactionOutcome {
  const temporary = failures.filter((failure) => failure.temporary)
  const deciding = temporary.length > 0 ? temporary : failures
  const [best] = deciding.toSorted((a, b) => STAGES.indexOf(b.stage) - STAGES.indexOf(a.stage))
  if (best === undefined) throw new TypeError('an attempt without a host has no outcome')
  if (best.temporary || !untried) return best.outcome
  return { ...best.outcome, recipients: best.outcome.recipients.map((result) => ({ ...result, retry: true as const })) }
}
