import type { Transaction } from '../faults/receiver-process.ts'
import type { StoredOutcome } from './evidence.ts'
import type { Offered } from './load.ts'

/** What is known when the queue is empty again. */
export interface CaseEvidence {
  name: string
  /** How long messages were offered. */
  loadMs: number
  offered: Offered[]
  transactions: Transaction[]
  outcomes: StoredOutcome[]
  /** Connections that were lost after the final dot: the remote may have the message, and it is sent again. */
  ambiguous: number
  jobsLeft: number
  drainedMs: number
}

export interface CaseVerdict {
  name: string
  offered: number
  /** Offered a second. */
  rate: number
  accepted: number
  /** Not accepted, and delivered all the same: the client was asked to try again. */
  storedAnyway: number
  delivered: number
  lost: string[]
  /** Failures that are not the remote's words. */
  ownBounces: string[]
  noticesOwed: number
  noticesMissing: string[]
  /** Deliveries beyond the first, by how they came about. */
  duplicates: { beforeStored: number; afterStored: number }
  ambiguous: number
  jobsLeft: number
  drainedMs: number
}

/** Compares what was promised with what arrived. Pure. */
export function judgeCase(evidence: CaseEvidence): CaseVerdict {
  const { name, offered, transactions, outcomes } = evidence
  const arrivals = new Map<string, Transaction[]>()
  const noticed = new Set<string>()
  for (const transaction of transactions) {
    if (!transaction.taken) continue
    if (transaction.notice) noticed.add(transaction.loadId)
    else
      for (const recipient of transaction.recipients)
        arrivals.set(recipient, [...(arrivals.get(recipient) ?? []), transaction])
  }
  const accepted = offered.filter((message) => message.accepted)
  const wanted = accepted.flatMap(({ recipients }) => recipients).filter((recipient) => !isNobody(recipient))
  const owed = accepted.filter(({ recipients }) => recipients.some(isNobody))
  const own = offered.flatMap(({ recipients }) => recipients)
  const ours = new Set(own)
  const storedAt = firstDelivery(outcomes)
  const duplicates = { beforeStored: 0, afterStored: 0 }
  for (const recipient of own) {
    const [, ...more] = (arrivals.get(recipient) ?? []).sort((a, b) => a.begun - b.begun)
    for (const { begun } of more)
      duplicates[begun > (storedAt.get(recipient) ?? Infinity) ? 'afterStored' : 'beforeStored']++
  }
  return {
    name,
    offered: offered.length,
    rate: (offered.length * 1000) / evidence.loadMs,
    accepted: accepted.length,
    storedAnyway: offered.filter((message) => !message.accepted && message.recipients.some((to) => arrivals.has(to)))
      .length,
    delivered: wanted.filter((recipient) => arrivals.has(recipient)).length,
    lost: wanted.filter((recipient) => !arrivals.has(recipient)),
    ownBounces: outcomes
      .filter(({ address, state }) => state === 'failed' && ours.has(address) && !isNobody(address))
      .map(({ address, reply }) => `${address}: ${reply}`),
    noticesOwed: owed.length,
    noticesMissing: owed.filter(({ loadId }) => !noticed.has(loadId)).map(({ loadId }) => loadId),
    duplicates,
    ambiguous: evidence.ambiguous,
    jobsLeft: evidence.jobsLeft,
    drainedMs: evidence.drainedMs,
  }
}

const isNobody = (recipient: string): boolean => recipient.startsWith('nobody-')

/** When the first delivery to a recipient was on disk. */
function firstDelivery(outcomes: StoredOutcome[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const { address, state, at } of outcomes)
    if (state === 'delivered') found.set(address, Math.min(at, found.get(address) ?? Infinity))
  return found
}

/** What must not happen, in words; empty when the case passed. Duplicates are counted and not among it, but for those that were
 * sent although the delivery was on disk. */
export function faultsOf({ lost, ownBounces, noticesMissing, jobsLeft, accepted }: CaseVerdict): string[] {
  const some = (list: string[]): string => `${list.slice(0, 3).join('; ')}${list.length > 3 ? ' ...' : ''}`
  return [
    ...(accepted === 0 ? ['nothing was accepted'] : []),
    ...(lost.length > 0 ? [`${lost.length} lost: ${some(lost)}`] : []),
    ...(ownBounces.length > 0 ? [`${ownBounces.length} bounced by us: ${some(ownBounces)}`] : []),
    ...(noticesMissing.length > 0 ? [`${noticesMissing.length} notices missing: ${some(noticesMissing)}`] : []),
    ...(jobsLeft > 0 ? [`${jobsLeft} jobs left in the queue`] : []),
  ]
}

export const TABLE_HEAD = [
  'case                offered  a second  accepted  stored anyway  delivered  lost  our bounces  notices owed  missing  duplicates (before, after the outcome was stored)  ambiguous  drained s',
]

export function tableLine(verdict: CaseVerdict): string {
  const { duplicates } = verdict
  return [
    verdict.name.padEnd(19),
    String(verdict.offered).padStart(7),
    verdict.rate.toFixed(0).padStart(9),
    String(verdict.accepted).padStart(9),
    String(verdict.storedAnyway).padStart(14),
    String(verdict.delivered).padStart(10),
    String(verdict.lost.length).padStart(5),
    String(verdict.ownBounces.length).padStart(12),
    String(verdict.noticesOwed).padStart(13),
    String(verdict.noticesMissing.length).padStart(8),
    `${duplicates.beforeStored}, ${duplicates.afterStored}`.padStart(51),
    String(verdict.ambiguous).padStart(10),
    (verdict.drainedMs / 1000).toFixed(1).padStart(10),
  ].join(' ')
}
