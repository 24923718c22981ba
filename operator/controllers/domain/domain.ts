import { dkimRecord } from '@postrider/mail/dkim-keys'
import { incomingOf } from '@postrider/plan/incoming'
import { submissionAt } from '@postrider/plan/submission'
import { durationMs } from '@postrider/resources/quantity'
import type { Resource } from '@postrider/resources/kinds'
import { readResource } from '@postrider/resources/read'
import { findingKey, manifestOf } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { isAnswered, stepsForKeys } from '../../dkim/keys.ts'
import type { DkimSteps, DkimWish } from '../../dkim/keys.ts'
import { SIGNING } from '../../dkim/secrets.ts'
import type { StoredKey } from '../../dkim/secrets.ts'
import type { ComparedRecord } from '../../dns/compare.ts'
import type { Look } from '../../dns/look.ts'
import { nextLook } from '../../dns/schedule.ts'
import { clientSetupRecords } from '../../dns/client-setup.ts'
import type { ClientSetupFacts } from '../../dns/client-setup.ts'
import { wantedRecords } from '../../dns/wanted.ts'
import { setCondition } from '@postrider/kubernetes/status/conditions'
import type { Condition, Finding } from '@postrider/kubernetes/status/conditions'
import { writeStatus } from '@postrider/kubernetes/status/status'
import { clientHost, serviceHost, servicePorts } from '../../shapes/service.ts'
import type { Context } from '../context.ts'
import { DkimKeeper } from './dkim-keeper.ts'
import { domainFindings } from './domain-conditions.ts'
import { least } from '../platform/keeper.ts'
import { keptUse } from '../use/use-status.ts'
import { findPlatform } from '../world.ts'

const WAIT_MS = 500

interface Looked {
  records: ComparedRecord[]
  nextAt: number
  /** Of the records that were asked for: others are asked for at once. */
  fingerprint: string
}

type Platform = Resource<'MailPlatform'>
type Domain = Resource<'Domain'>

/** Sees to one Domain: its DKIM keys, what the DNS says, and its status. */
export function domainController(context: Context, lookOf: (resolvers: string[]) => Look) {
  const { cluster, recorder, world, keeper } = context
  const dkim = new DkimKeeper(context)
  const looked = new Map<string, Looked>()

  async function look(
    key: string,
    platform: Platform,
    resource: Domain,
    keys: StoredKey[],
    object: StoredResource,
    platformKey: Buffer,
  ) {
    const wanted = [
      ...wantedRecords(
        {
          domainName: resource.spec.domainName,
          namespace: resource.namespace,
          hostName: platform.spec.hostName,
          addresses: poolAddresses(context),
          dkim: keys.map(({ selector, algorithm, pem }) => ({
            selector,
            value: dkimRecord(resource.spec.domainName, selector, SIGNING[algorithm], pem).value,
          })),
        },
        platformKey,
      ),
      ...clientSetupRecords(setupFacts(platform, resource)),
    ]
    const fingerprint = JSON.stringify(wanted)
    const known = looked.get(key)
    if (known !== undefined && known.fingerprint === fingerprint && known.nextAt > Date.now()) return known
    const records = await lookOf(platform.spec.dns.resolvers)(wanted)
    const now = Date.now()
    const complete = records.every(({ state, required }) => state === 'Found' || !required)
    const since = now - incompleteSince(object, now)
    const wait = nextLook({ complete, since }, durationMs(platform.spec.verification.recheck))
    const fresh = { records, fingerprint, nextAt: now + wait }
    looked.set(key, fresh)
    return fresh
  }

  async function serve(
    platform: Platform,
    resource: Domain,
    object: StoredResource,
    complaints: Complaint[],
    platformKey: Buffer,
  ): Promise<{ againMs?: number | undefined }> {
    const key = `${resource.namespace}/${resource.name}`
    const owner = { key, domainName: resource.spec.domainName }
    const wish = wishOf(resource)
    const before = stepsForKeys(dkim.keysOf(owner), wish, published(looked.get(key)), Date.now())
    const again = await dkim.follow({ platform: platform.name, owner, object, request: wish.request }, before)
    const keys = dkim.keysOf(owner)
    const seen = await look(key, platform, resource, keys, object, platformKey)
    // Again, because the records may have been found only now.
    const steps = stepsForKeys(keys, wish, published(seen), Date.now())
    const answered = isAnswered(keys, wish)
    await writeFindings(object, findingsOf(object, complaints, platform, resource, seen), {
      dnsRecords: seen.records,
      dkimKeys: describeKeys(keys, steps, wish.overlapMs),
      rotationDone: answered ? wish.request : (object.status as { rotationDone?: string } | undefined)?.rotationDone,
    })
    if (steps.supersede.length + steps.remove.length + steps.make.length > 0) return { againMs: WAIT_MS }
    const retiring = steps.nextAt === undefined ? undefined : steps.nextAt - Date.now()
    return { againMs: least([again, Math.max(0, seen.nextAt - Date.now()), retiring]) }
  }

  async function writeFindings(object: StoredResource, findings: Finding[], extra: object): Promise<void> {
    const observedGeneration = object.metadata?.generation ?? 0
    const before = conditionsOf(object)
    let conditions = before
    for (const finding of findings)
      conditions = setCondition(conditions, { ...finding, observedGeneration }, new Date())
    const ready = findings.find(({ type }) => type === 'Ready')
    const was = before.find(({ type }) => type === 'Ready')?.status
    if (ready !== undefined && was !== undefined && was !== ready.status) {
      const good = ready.status === 'True'
      recorder.record(object, good ? 'Normal' : 'Warning', good ? 'Ready' : 'NotReady', ready.message)
    }
    await writeStatus(cluster, object, { ...keptUse(object), conditions, observedGeneration, ...extra })
  }

  return async (key: string): Promise<{ againMs?: number | undefined }> => {
    const object = world.domains.get(key)
    const found = findPlatform(world)
    if (object === undefined) {
      looked.delete(key)
      dkim.forget(key)
    }
    const findings = context.findings()
    if (object === undefined || found === undefined || 'problems' in found || findings === undefined) return {}
    const { platformKey } = keeper
    if (platformKey === undefined) return { againMs: WAIT_MS }
    const complaints = findings.get(findingKey('Domain', key)) ?? []
    const read = readResource(manifestOf('Domain', object), 'cluster')
    // The proof is checked even if another field is invalid, because the Domain keeps its name only while the proof exists.
    if ('problems' in read || complaints.some(({ reason }) => reason === 'NamespaceNotAllowed')) {
      await writeFindings(object, findingsOf(object, complaints), {})
      return {}
    }
    return serve(found.platform, read.resource as Domain, object, complaints, platformKey)
  }
}

const conditionsOf = ({ status }: StoredResource): Condition[] => (status?.conditions ?? []) as Condition[]

const findingsOf = (
  object: StoredResource,
  complaints: Complaint[],
  platform?: Platform,
  resource?: Domain,
  seen?: Looked,
) =>
  domainFindings({
    complaints,
    records: seen?.records,
    suspended: resource?.spec.state === 'Suspended',
    sending: platform?.spec.verification.sending,
    before: conditionsOf(object),
    now: new Date(),
  })

const wishOf = ({ spec: { dkim } }: Domain): DkimWish => ({
  algorithms: dkim.algorithms,
  selectorPrefix: dkim.selectorPrefix,
  request: dkim.rotation.request ?? '',
  overlapMs: durationMs(dkim.rotation.overlap),
})

/** Selectors whose records are in the DNS. */
const published = (seen: Looked | undefined): Set<string> =>
  new Set(
    (seen?.records ?? [])
      .filter(({ purpose, state }) => purpose === 'DKIM' && state === 'Found')
      .map(({ name }) => name.slice(0, name.indexOf('._domainkey.'))),
  )

const describeKeys = (keys: StoredKey[], { states }: DkimSteps, overlapMs: number): object[] =>
  keys.map(({ selector, algorithm, createdAt, supersededAt }) => ({
    selector,
    algorithm,
    state: states.get(selector) ?? 'Retiring',
    createdAt: new Date(createdAt).toISOString(),
    ...(supersededAt === undefined ? {} : { retireAt: new Date(supersededAt + overlapMs).toISOString() }),
  }))

function setupFacts(platform: Platform, { spec }: Domain): ClientSetupFacts {
  const host = clientHost(platform)
  return {
    domainName: spec.domainName,
    // The name of a Service means nothing outside.
    submission: host === serviceHost(platform) ? undefined : submissionAt(host, servicePorts(platform)),
    incoming: incomingOf(spec).incoming ?? [],
    publicHost: platform.spec.api.replicas === 0 ? undefined : platform.spec.api.publicHost,
  }
}

/** Addresses that mail leaves from, where pools name them. */
const poolAddresses = ({ world }: Context): string[] =>
  world.pools.list().flatMap(({ spec }) => (spec as { addresses?: string[] } | undefined)?.addresses ?? [])

/** Since when not all is well with the DNS, milliseconds since the epoch. */
function incompleteSince(object: StoredResource, now: number): number {
  const found = conditionsOf(object).find(({ type }) => type === 'DNSVerified')
  return found === undefined || found.status === 'True' ? now : Date.parse(found.lastTransitionTime)
}
