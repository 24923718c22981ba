import type { V1Deployment } from '@kubernetes/client-node'
import type { Finding } from '@postrider/kubernetes/status/conditions'
import type { Wire } from '@postrider/kubernetes/object/object'
import type { Resource } from '@postrider/resources/kinds'
import type { MailPlatformStatus } from '@postrider/resources/status'
import { componentName, selectorOf } from '../../shapes/names.ts'
import type { Component } from '../../shapes/names.ts'

type Platform = Resource<'MailPlatform'>

/** What the configuration controller found, for the platform's status. */
export interface PublishedState {
  broker: { ok: boolean; message: string }
  config: { ok: boolean; message: string }
  domains: number
  credentials: number
}

export interface PlatformEvidence {
  published: PublishedState
  /** Why services of this release may not start yet. */
  waiting: string | undefined
  /** The Deployments that exist. */
  deployments: Partial<Record<Component, Wire<V1Deployment>>>
  /** Condition CertificateReady. */
  certificate: Finding
}

/** The conditions of the MailPlatform that is served. Pure. */
export function platformFindings(
  platform: Platform,
  { published, waiting, deployments, certificate }: PlatformEvidence,
): Finding[] {
  const { broker, config } = published
  return withReady([
    { type: 'Accepted', status: 'True', reason: 'Valid', message: 'this MailPlatform is served' },
    brokerFinding(broker, waiting),
    finding('ConfigPublished', config.ok, 'Published', 'NotPublished', config.message),
    ...componentsOf(platform).map((component) => podsReady(platform, component, deployments[component])),
    certificate,
  ])
}

/** The conditions of a MailPlatform that is not the oldest. Pure. */
export const notTheOldest = (): Finding[] => {
  const message = 'this namespace has an older MailPlatform, and only the oldest is served'
  return withReady([{ type: 'Accepted', status: 'False', reason: 'OlderPlatformExists', message }])
}

/** The conditions of a MailPlatform with an invalid spec. Pure. */
export function notValid(problems: { path: string; problem: string }[]): Finding[] {
  const message = problems.map(({ path, problem }) => `${path} ${problem}`).join('; ')
  return withReady([{ type: 'Accepted', status: 'False', reason: 'Invalid', message }])
}

/** The other status fields of the MailPlatform that is served; `endsAt` is when the first certificate expires. Pure. */
export const platformFields = (
  { name }: Pick<Platform, 'name'>,
  { published, deployments }: Pick<PlatformEvidence, 'published' | 'deployments'>,
  endsAt: number | undefined,
): MailPlatformStatus => ({
  ingressReplicas: deployments.ingress?.status?.readyReplicas ?? 0,
  deliveryReplicas: deployments.delivery?.status?.readyReplicas ?? 0,
  selector: Object.entries(selectorOf(name, 'delivery'))
    .map(([label, value]) => `${label}=${value}`)
    .join(),
  domains: published.domains,
  credentials: published.credentials,
  ...(endsAt === undefined ? {} : { certificateNotAfter: new Date(endsAt).toISOString() }),
})

/** Components that a platform runs. */
const componentsOf = ({ spec }: Pick<Platform, 'spec'>): Component[] => [
  'ingress',
  'delivery',
  'notifier',
  ...(spec.api.replicas > 0 ? (['api'] as const) : []),
]

function podsReady(platform: Platform, component: Component, found: Wire<V1Deployment> | undefined): Finding {
  const type = `${component.charAt(0).toUpperCase()}${component.slice(1)}Ready`
  const { ready, wanted, updated, settled } = progressOf(found)
  const message = settled
    ? `${ready} of ${wanted} pods are ready`
    : `${ready} of ${wanted} pods are ready, ${updated} are up to date; see kubectl describe deployment ${componentName(platform.name, component)}`
  // One pod is enough to work.
  return finding(type, ready > 0, settled ? 'AllPods' : 'SomePods', 'NoPods', message)
}

function progressOf(found: Wire<V1Deployment> | undefined) {
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, observedGeneration = 0 } = found?.status ?? {}
  const wanted = found?.spec?.replicas ?? 1
  // The status may still describe an earlier generation of the spec.
  const current = observedGeneration >= (found?.metadata?.generation ?? 0)
  return { ready, wanted, updated, settled: current && ready >= wanted && updated >= wanted }
}

function brokerFinding(broker: PublishedState['broker'], waiting: string | undefined): Finding {
  if (broker.ok && waiting !== undefined) return finding('BrokerReady', false, '', 'AccountsNotLoaded', waiting)
  return finding('BrokerReady', broker.ok, 'Connected', 'Unreachable', broker.message)
}

const finding = (type: string, ok: boolean, good: string, bad: string, message: string): Finding => ({
  type,
  status: ok ? 'True' : 'False',
  reason: ok ? good : bad,
  message,
})

function withReady(findings: Finding[]): Finding[] {
  // Mail flows without the HTTP service.
  const bad = findings.filter(({ type, status }) => status !== 'True' && type !== 'ApiReady')
  const ready = finding(
    'Ready',
    bad.length === 0,
    'Ready',
    bad[0]?.reason ?? '',
    bad.map(({ type, message }) => `${type}: ${message}`).join('; ') || 'mail is accepted and delivered',
  )
  return [...findings, ready]
}
