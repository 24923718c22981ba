import { conditionOf } from '@postrider/kubernetes/status/status'
import type { WithStatus } from '@postrider/kubernetes/status/status'
import { incomingOf } from '@postrider/plan/incoming'
import { submissionAt } from '@postrider/plan/submission'
import type { Resource } from '@postrider/resources/kinds'
import { durationMs } from '@postrider/resources/quantity'
import type { DomainStatus } from '@postrider/resources/status'
import type { DkimSteps, DkimWish } from '../../dkim/keys.ts'
import type { StoredKey } from '../../dkim/secrets.ts'
import type { ClientSetupFacts } from '../../dns/client-setup.ts'
import type { ComparedRecord } from '../../dns/compare.ts'
import { clientHost, serviceHost, servicePorts } from '../../shapes/service.ts'
import { least } from '../least.ts'

/** The DKIM keys and the rotation that a Domain requests. */
export const wishOf = ({ spec: { dkim } }: Pick<Resource<'Domain'>, 'spec'>): DkimWish => ({
  algorithms: dkim.algorithms,
  selectorPrefix: dkim.selectorPrefix,
  request: dkim.rotation.request ?? '',
  overlapMs: durationMs(dkim.rotation.overlap),
})

/** Selectors whose records are in the DNS. */
export const publishedSelectors = (records: ComparedRecord[]): Set<string> =>
  new Set(
    records
      .filter(({ purpose, state }) => purpose === 'DKIM' && state === 'Found')
      .map(({ name }) => name.slice(0, name.indexOf('._domainkey.'))),
  )

/** The keys of a Domain as its status shows them. Pure. */
export const describeKeys = (
  keys: StoredKey[],
  { states }: Pick<DkimSteps, 'states'>,
  overlapMs: number,
): DomainStatus['dkimKeys'] =>
  keys.map(({ selector, algorithm, createdAt, supersededAt }) => ({
    selector,
    algorithm,
    state: states.get(selector) ?? 'Retiring',
    createdAt: new Date(createdAt).toISOString(),
    ...(supersededAt === undefined ? {} : { retireAt: new Date(supersededAt + overlapMs).toISOString() }),
  }))

/** What the records for mail clients are made of. Pure. */
export function setupFacts(platform: Resource<'MailPlatform'>, { spec }: Resource<'Domain'>): ClientSetupFacts {
  const host = clientHost(platform)
  return {
    domainName: spec.domainName,
    // A Service's name does not resolve outside the cluster.
    submission: host === serviceHost(platform) ? undefined : submissionAt(host, servicePorts(platform)),
    incoming: incomingOf(spec).incoming ?? [],
    publicHost: platform.spec.api.replicas === 0 ? undefined : platform.spec.api.publicHost,
  }
}

/** Whether all required records of a Domain were found, and for how long (`since`, milliseconds) they have been incomplete. Pure. */
export function completeness(records: ComparedRecord[], object: WithStatus, now: number) {
  const verified = conditionOf(object, 'DNSVerified')
  const since = verified === undefined || verified.status === 'True' ? now : Date.parse(verified.lastTransitionTime)
  return { complete: records.every(({ state, required }) => state === 'Found' || !required), since: now - since }
}

/** When a Domain is reconciled again, in milliseconds from now: soon while its keys need a step, otherwise at the earliest time that
 * its Secrets (`owned`), its records (`recordsAt`) or its keys require. Pure. */
export function againIn(
  { supersede, remove, make, nextAt }: DkimSteps,
  { owned, recordsAt }: { owned: number | undefined; recordsAt: number },
  now: number,
): number | undefined {
  if (supersede.length + remove.length + make.length > 0) return SOON_MS
  return least([owned, Math.max(0, recordsAt - now), nextAt === undefined ? undefined : nextAt - now])
}

const SOON_MS = 500
