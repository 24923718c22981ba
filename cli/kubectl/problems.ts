import type { Condition } from '@postrider/kubernetes/status/conditions'
import { keyFor } from '@postrider/kubernetes/object/object'
import { DAY_MS } from '@postrider/time/day'
import { conditionOf, nameOf, namespaceOf } from './objects.ts'
import type { CredentialObject, DomainObject, PlatformObject, Seen, SenderObject } from './objects.ts'
import { remedyFor } from './remedies.ts'
import type { Trouble } from './remedies.ts'

/** Something that is wrong (`problem`) or worth knowing (`note`). */
export interface Problem extends Trouble {
  severity: 'problem' | 'note'
  /** The domain name, address or host name. */
  about: string
  message: string
  remedy: string
  /** Names of the credentials that depend on it. */
  waiting: string[]
}

export interface Surveyed {
  /** Undefined if the caller may not list them. */
  platforms: PlatformObject[] | undefined
  /** All namespaces were searched for platforms. */
  everywhere: boolean
  domains: DomainObject[]
  credentials: CredentialObject[]
  senders: SenderObject[]
  /** Limits, pools and policies, whose only condition is Accepted. */
  rules: Seen[]
  /** Deployments of the operator, with the number of ready pods. */
  operators: { namespace: string; name: string; ready: number }[]
}

/** A certificate is reported this long before it expires. Milliseconds. */
const CERTIFICATE_MS = 14 * DAY_MS

/** The problems in what was seen, those of the platform first. Pure. */
export function problemsOf(
  { platforms, everywhere, domains, credentials, senders, rules, operators }: Surveyed,
  now: Date,
): Problem[] {
  const none = everywhere && platforms?.length === 0
  const found = [
    ...(none ? [noPlatform()] : []),
    ...operators.filter(({ ready }) => ready === 0).map(noOperator),
    ...(platforms ?? []).flatMap((platform) => ofPlatform(platform, now)),
  ]
  const ofDomains = domains.flatMap(ofDomain)
  const ofCredentials = credentials.flatMap((credential) => ofCredential(credential, domains, ofDomains))
  // Without a platform, no resource of a tenant is processed.
  const ofSenders = senders.flatMap(ofSender)
  const tenants = [
    ...ofDomains,
    ...ofCredentials,
    ...ofSenders,
    ...rules.flatMap((rule) => ofRule(rule, platforms)),
  ].filter(({ reason }) => !(none && reason === 'NotObserved'))
  return [...found, ...tenants]
}

function ofPlatform(platform: PlatformObject, now: Date): Problem[] {
  const about = platform.spec?.hostName ?? ''
  const conditions = platform.status?.conditions ?? []
  const bad = conditions.filter(({ type, status }) => type !== 'Ready' && status !== 'True')
  // If it is not served, no other condition matters.
  const refused = bad.find(({ type }) => type === 'Accepted')
  const some = conditions.filter(({ status, reason }) => status === 'True' && reason === 'SomePods')
  const problems = [
    ...(refused === undefined ? bad : [refused]).map((condition) => line(platform, about, condition)),
    ...some.map((condition) => line(platform, about, condition, 'note')),
  ]
  const end = Date.parse(platform.status?.certificateNotAfter ?? '')
  if (end > now.getTime() && end - now.getTime() < CERTIFICATE_MS) {
    const message = `the certificate expires at ${new Date(end).toISOString()}`
    problems.push(line(platform, about, { type: 'CertificateReady', reason: 'ExpiresSoon', message }))
  }
  return orNotSeen(platform, about, problems)
}

function ofDomain(domain: DomainObject): Problem[] {
  const about = domain.spec?.domainName ?? ''
  return orNotSeen(domain, about, [
    ...(domain.status?.conditions ?? []).flatMap((condition) => {
      const severity = severityInDomain(domain, condition)
      return severity === undefined ? [] : [line(domain, about, condition, severity)]
    }),
    ...limitReached(domain, about),
  ])
}

/** How a condition of a Domain is reported, if at all; no problem is reported twice. */
function severityInDomain(domain: DomainObject, { type, status, reason }: Condition): Problem['severity'] | undefined {
  const well = (other: string): boolean => conditionOf(domain, other)?.status === 'True'
  if (status === 'True') {
    if (reason === 'SendersNotAllowed') return 'problem'
    return reason === 'LookupFailed' && type !== 'DKIMReady' ? 'note' : undefined
  }
  switch (type) {
    case 'Accepted':
      return 'problem'
    case 'Ready':
      return reason === 'Suspended' ? 'note' : undefined
    case 'OwnershipRecordPresent':
      // Reported while the namespace still owns the domain, which it may lose.
      return well('OwnershipVerified') ? 'problem' : undefined
    case 'DKIMReady':
      // DNSVerified covers the DKIM records too.
      return well('DNSVerified') && well('Accepted') ? 'problem' : undefined
    default:
      return well('Accepted') ? 'problem' : undefined
  }
}

/** A problem that only follows from the Domain is reported there. */
function ofCredential(credential: CredentialObject, domains: DomainObject[], ofDomains: Problem[]): Problem[] {
  const about = credential.spec?.address ?? ''
  const ready = conditionOf(credential, 'Ready')
  if (ready?.reason === 'DomainNotReady') {
    const key = keyFor(namespaceOf(credential), credential.spec?.domainRef?.name ?? '')
    const domain = domains.find((one) => keyFor(namespaceOf(one), nameOf(one)) === key)
    const cause = domain === undefined ? undefined : whatHolds(domain, ofDomains)
    if (cause !== undefined) {
      cause.waiting.push(nameOf(credential))
      return []
    }
  }
  const problems =
    ready === undefined || ready.status === 'True'
      ? []
      : [line(credential, about, ready, ready.reason === 'Suspended' ? 'note' : 'problem')]
  return orNotSeen(credential, about, [...problems, ...limitReached(credential, about)])
}

/** A code that is pending or was sent is only a note; what follows from the Domain is reported there. */
function ofSender(sender: SenderObject): Problem[] {
  const about = sender.spec?.address ?? ''
  const ready = conditionOf(sender, 'Ready')
  const verified = conditionOf(sender, 'Verified')
  if (ready?.reason === 'DomainNotReady') return orNotSeen(sender, about, [])
  if (ready?.reason === 'NotVerified' && verified !== undefined && verified.status !== 'True') {
    const underWay = verified.reason === 'CodeSent' || verified.reason === 'CodePending'
    return orNotSeen(sender, about, [line(sender, about, verified, underWay ? 'note' : 'problem')])
  }
  const problems = ready === undefined || ready.status === 'True' ? [] : [line(sender, about, ready)]
  return orNotSeen(sender, about, problems)
}

/** Kinds that the operator watches only in the MailPlatform's namespace: the status of others stays empty. */
const BESIDE_THE_PLATFORM = new Set(['DeliveryPool', 'DestinationPolicy'])

/** An overlapping policy is a note, because part of it is applied. */
function ofRule(rule: Seen, platforms: PlatformObject[] = []): Problem[] {
  const accepted = conditionOf(rule, 'Accepted')
  const beside = platforms.some((platform) => namespaceOf(platform) === namespaceOf(rule))
  if (accepted === undefined && platforms.length > 0 && !beside && BESIDE_THE_PLATFORM.has(rule.kind ?? '')) {
    const message = `a ${rule.kind ?? ''} takes effect only in the namespace of the MailPlatform`
    return [line(rule, '', { type: 'Accepted', reason: 'NamespaceNotAllowed', message })]
  }
  if (accepted?.status === 'True' && accepted.reason !== 'Overlapping') return orNotSeen(rule, '', [])
  const problems =
    accepted === undefined ? [] : [line(rule, '', accepted, accepted.status === 'True' ? 'note' : 'problem')]
  return orNotSeen(rule, '', problems)
}

/** The problem that keeps a Domain from being ready: its condition Ready has the same reason and message. */
function whatHolds(domain: DomainObject, ofDomains: Problem[]): Problem | undefined {
  const ready = conditionOf(domain, 'Ready')
  const problems = ofDomains.filter(
    ({ namespace, name }) => namespace === namespaceOf(domain) && name === nameOf(domain),
  )
  return (
    problems.find(({ reason, message }) => reason === ready?.reason && message === ready.message) ??
    problems.find(({ severity }) => severity === 'problem')
  )
}

function limitReached(object: DomainObject | CredentialObject, about: string): Problem[] {
  const { sentToday, dailyLimit } = object.status ?? {}
  if (sentToday === undefined || dailyLimit === undefined || sentToday < dailyLimit) return []
  const message = `${sentToday} of ${dailyLimit} messages were sent in 24 hours; further messages are refused`
  return [line(object, about, { type: 'Limit', reason: 'LimitReached', message })]
}

function orNotSeen(object: Seen, about: string, found: Problem[]): Problem[] {
  const generation = object.metadata?.generation ?? 0
  const message =
    (object.status?.conditions ?? []).length === 0
      ? 'the operator has not processed it yet'
      : (object.status?.observedGeneration ?? generation) < generation
        ? 'the operator has not processed the latest change yet'
        : undefined
  if (message === undefined) return found
  return [...found, line(object, about, { type: 'Ready', reason: 'NotObserved', message })]
}

function line(
  object: Seen,
  about: string,
  { type, reason, message }: Pick<Condition, 'type' | 'reason' | 'message'>,
  severity: Problem['severity'] = 'problem',
): Problem {
  const trouble = { kind: object.kind ?? '', namespace: namespaceOf(object), name: nameOf(object), type, reason }
  return { severity, ...trouble, about, message, remedy: remedyFor(trouble), waiting: [] }
}

function noPlatform(): Problem {
  const trouble = { kind: 'MailPlatform', namespace: '', name: '', type: 'Ready', reason: 'NoPlatform' }
  const message = 'there is no MailPlatform in this cluster'
  return { severity: 'problem', ...trouble, about: '', message, remedy: remedyFor(trouble), waiting: [] }
}

function noOperator({ namespace, name }: { namespace: string; name: string }): Problem {
  const trouble = { kind: 'Deployment', namespace, name, type: 'Available', reason: 'NoPods' }
  const message = 'no pod of the operator is ready'
  return { severity: 'problem', ...trouble, about: 'the operator', message, remedy: remedyFor(trouble), waiting: [] }
}
