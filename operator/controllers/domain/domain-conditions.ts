import type { Spec } from '@postrider/resources/kinds'
import { DAY_MS } from '@postrider/time/day'
import { stops } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'
import type { ComparedRecord } from '../../dns/compare.ts'
import type { Condition, Finding } from '@postrider/kubernetes/status/conditions'
import type { News } from '@postrider/kubernetes/status/status'

export interface DomainEvidence {
  complaints: Complaint[]
  /** Undefined if the Domain is not served. */
  records: ComparedRecord[] | undefined
  suspended: boolean
  sending: Spec<'MailPlatform'>['verification']['sending'] | undefined
  before: Condition[]
  now: Date
}

/** How long a verified ownership record may be missing before the namespace loses the domain. Milliseconds. */
const OWNERSHIP_GRACE_MS = 7 * DAY_MS

/** The conditions of a Domain. Pure. */
export function domainFindings(evidence: DomainEvidence): Finding[] {
  const accepted = acceptance(evidence.complaints)
  const { records } = evidence
  if (records === undefined) return [accepted, ready([accepted], evidence)]
  const { present, owned } = ownership(records, evidence)
  const found = [
    accepted,
    present,
    owned,
    of('DKIMReady', 'DKIM', records, evidence.before),
    dns(records, evidence.before),
  ]
  return [...found, ready(found, evidence)]
}

function acceptance(complaints: Complaint[]): Finding {
  const stopping = complaints.find(stops)
  if (stopping !== undefined) return { type: 'Accepted', status: 'False', ...stopping }
  if (complaints.length === 0)
    return { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'the platform serves this Domain' }
  const message = `served, but without some of its allowedSenders: ${complaints.map((complaint) => complaint.message).join('; ')}`
  return { type: 'Accepted', status: 'True', reason: 'SendersNotAllowed', message }
}

/** Two conditions: whether the record exists now, and whether the domain belongs to this namespace. */
function ownership(records: ComparedRecord[], { before, now }: DomainEvidence): { present: Finding; owned: Finding } {
  const present = of('OwnershipRecordPresent', 'Ownership', records, before)
  const was = before.find(({ type }) => type === 'OwnershipVerified')
  const lost = before.find(({ type }) => type === 'OwnershipRecordPresent')
  const lostFor = lost?.status === 'False' ? now.getTime() - Date.parse(lost.lastTransitionTime) : 0
  const stays = was?.status === 'True' && lostFor < OWNERSHIP_GRACE_MS
  const verified = present.status === 'True' || stays
  const owned: Finding = {
    type: 'OwnershipVerified',
    status: verified ? 'True' : 'False',
    reason: verified ? (present.status === 'True' ? 'Verified' : 'RecordMissing') : 'NotVerified',
    message:
      present.status === 'True'
        ? 'the ownership record in the DNS is valid for this namespace'
        : `${present.message}${verified ? '; without it this namespace loses the domain after 7 days' : ''}`,
  }
  return { present, owned }
}

const dns = (records: ComparedRecord[], before: Condition[]): Finding =>
  judged(
    'DNSVerified',
    records.filter(({ required, purpose }) => required && purpose !== 'Ownership'),
    before,
  )

const of = (
  type: string,
  purpose: ComparedRecord['purpose'],
  records: ComparedRecord[],
  before: Condition[],
): Finding =>
  judged(
    type,
    records.filter((record) => record.purpose === purpose),
    before,
  )

/** True if all are found. A failed lookup keeps the status. */
function judged(type: string, records: ComparedRecord[], before: Condition[]): Finding {
  const bad = records.filter(({ state }) => state === 'Missing' || state === 'Different')
  if (bad.length > 0) {
    const message = bad
      .map(
        (record) =>
          `${record.type} ${record.name} is ${record.state === 'Missing' ? 'missing' : 'different from the expected value'}`,
      )
      .join(', ')
    return {
      type,
      status: 'False',
      reason: bad.some(({ state }) => state === 'Missing') ? 'RecordMissing' : 'RecordDifferent',
      message: `${message}; kubectl postrider dns shows what to publish`,
    }
  }
  const unknown = records.filter(({ state }) => state === 'Unknown')
  if (unknown.length === 0) return { type, status: 'True', reason: 'Verified', message: 'all records are in the DNS' }
  const was = before.find((condition) => condition.type === type)
  const message = `DNS lookups failed (${unknown[0]?.seen ?? ''}); they are repeated shortly`
  return { type, status: was?.status ?? 'Unknown', reason: 'LookupFailed', message }
}

function ready(found: Finding[], { suspended, sending }: DomainEvidence): Finding {
  const needed = [
    'Accepted',
    ...(sending === 'AtOnce' ? [] : ['OwnershipVerified']),
    ...(sending === 'AfterRecords' ? ['DNSVerified'] : []),
  ]
  const [bad] = found.filter(({ type, status }) => needed.includes(type) && status !== 'True')
  if (bad !== undefined) return { type: 'Ready', status: 'False', reason: bad.reason, message: bad.message }
  if (suspended)
    return {
      type: 'Ready',
      status: 'False',
      reason: 'Suspended',
      message: 'spec.state is Suspended, so mail from this domain is refused',
    }
  return { type: 'Ready', status: 'True', reason: 'Ready', message: 'mail from this domain is accepted' }
}

/** An Event when a Domain becomes ready or stops being ready; none for its first status. Pure. */
export function domainNews(before: readonly Condition[], now: readonly Condition[]): News[] {
  const [was, is] = [before, now].map((conditions) => conditions.find(({ type }) => type === 'Ready'))
  if (was === undefined || is === undefined || was.status === is.status) return []
  const good = is.status === 'True'
  return [{ severity: good ? 'Normal' : 'Warning', event: good ? 'Ready' : 'NotReady', note: is.message }]
}
