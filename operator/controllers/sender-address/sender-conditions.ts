import type { Verdict } from '@postrider/sender-verification/verdict'
import type { Condition, Finding } from '@postrider/kubernetes/status/conditions'
import type { News } from '@postrider/kubernetes/status/status'
import { DAY_MS } from '@postrider/time/day'
import type { Finding as Complaint } from '../configuration/gather.ts'

export interface SenderEvidence {
  /** Undefined while the Domain is not ready and no code is mailed. */
  verdict?: Verdict
  /** Condition Ready of the Domain. */
  domain: Condition | undefined
  domainName: string
}

/** The conditions of a SenderAddress without findings. Pure. */
export function senderConditions({ verdict, domain, domainName }: SenderEvidence): Finding[] {
  const verified: Finding[] =
    verdict === undefined
      ? []
      : [
          {
            type: 'Verified',
            status: verdict.verified ? 'True' : 'False',
            reason: verdict.reason,
            message: verdict.message,
          },
        ]
  if (domain?.status !== 'True') {
    const message = `Domain ${domainName} is not ready: ${domain?.message ?? 'it has not been checked yet'}`
    return [...verified, { type: 'Ready', status: 'False', reason: 'DomainNotReady', message }]
  }
  if (verdict?.verified === true)
    return [...verified, { type: 'Ready', status: 'True', reason: 'Ready', message: verdict.message }]
  const message = verdict?.message ?? 'no code has been sent yet'
  return [...verified, { type: 'Ready', status: 'False', reason: 'NotVerified', message }]
}

/** The condition of a SenderAddress that is refused. Pure. */
export const senderRefused = (complaint: Complaint): Finding => ({ type: 'Ready', status: 'False', ...complaint })

/** When a verdict may change by itself, milliseconds from now; undefined if it cannot. At most a day, because a timer is limited to 24
 * days. Pure. */
export const lookAgainIn = ({ changesAt }: Pick<Verdict, 'changesAt'>, now: number): number | undefined =>
  changesAt === undefined ? undefined : Math.min(DAY_MS, Math.max(0, changesAt - now))

/** The Events for changed conditions. Pure. */
export function senderNews(before: readonly Condition[], now: readonly Condition[]): News[] {
  return now.flatMap(({ type, reason, message: note }) => {
    const was = before.find((condition) => condition.type === type)
    if (was?.reason === reason && was.message === note) return []
    if (type === 'Verified') return verifiedNews(reason, note)
    const refused = reason === 'SendersNotAllowed' && was?.reason !== reason
    return refused ? [{ severity: 'Warning', event: 'SendersNotAllowed', note }] : []
  })
}

function verifiedNews(reason: string, note: string): News[] {
  switch (reason) {
    case 'Verified':
      return [{ severity: 'Normal', event: 'Verified', note }]
    case 'CodeSent':
      return [{ severity: 'Normal', event: 'CodeSent', note }]
    case 'WrongCode':
      return [{ severity: 'Warning', event: 'WrongCode', note }]
    case 'TooManyAttempts':
      return [{ severity: 'Warning', event: 'TooManyAttempts', note }]
    case 'TooManyCodes':
      return [{ severity: 'Warning', event: 'TooManyCodes', note }]
    default:
      return []
  }
}
