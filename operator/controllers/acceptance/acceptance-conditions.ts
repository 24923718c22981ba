import type { Condition, Finding } from '@postrider/kubernetes/status/conditions'
import type { News } from '@postrider/kubernetes/status/status'
import type { Finding as Complaint } from '../configuration/gather.ts'

/** Kinds whose only condition is Accepted. */
export const ACCEPTED_KINDS = ['SMTPLimit', 'DeliveryPool', 'DestinationPolicy'] as const
export type AcceptedKind = (typeof ACCEPTED_KINDS)[number]

const ACCEPTED = 'Accepted'

export const isAcceptedKind = (kind: string): kind is AcceptedKind =>
  (ACCEPTED_KINDS as readonly string[]).includes(kind)

/** The condition of a limit, pool or policy. An overlapping policy is accepted: part of it is applied. Pure. */
export function acceptance(kind: AcceptedKind, complaints: Complaint[]): Finding {
  const [worst] = [...complaints].sort((a, b) => weight(b) - weight(a))
  if (worst === undefined)
    return { type: 'Accepted', status: 'True', reason: ACCEPTED, message: `the platform applies this ${kind}` }
  const message = complaints.map((complaint) => complaint.message).join('; ')
  return { type: 'Accepted', status: weight(worst) === 0 ? 'True' : 'False', reason: worst.reason, message }
}

const weight = ({ reason }: Complaint): number => (reason === 'Overlapping' ? 0 : 1)

/** An Event when the reason why it is not (completely) applied changes. Pure. */
export function acceptanceNews(before: readonly Condition[], now: readonly Condition[]): News[] {
  const [was, is] = [before, now].map((conditions) => conditions.find(({ type }) => type === 'Accepted'))
  if (is === undefined || is.reason === was?.reason || is.reason === ACCEPTED) return []
  return [{ severity: 'Warning', event: is.reason, note: is.message }]
}
