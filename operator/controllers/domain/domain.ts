import { dkimRecord } from '@postrider/mail/dkim-keys'
import { durationMs } from '@postrider/resources/quantity'
import type { Resource } from '@postrider/resources/kinds'
import type { DomainStatus } from '@postrider/resources/status'
import { findingsOn } from '../configuration/gather.ts'
import type { Finding as Complaint } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import { isAnswered, stepsForKeys } from '../../dkim/keys.ts'
import { SIGNING } from '../../dkim/secrets.ts'
import type { StoredKey } from '../../dkim/secrets.ts'
import type { ComparedRecord } from '../../dns/compare.ts'
import type { Look } from '../../dns/look.ts'
import { nextLook } from '../../dns/schedule.ts'
import { clientSetupRecords } from '../../dns/client-setup.ts'
import { wantedRecords } from '../../dns/wanted.ts'
import { forgetOwner } from '@postrider/kubernetes/apply/owned'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { keyFor, refAt } from '@postrider/kubernetes/object/object'
import { conditionsOf } from '@postrider/kubernetes/status/status'
import type { Context } from '../context.ts'
import { DkimKeeper } from './dkim-keeper.ts'
import { domainFindings, domainNews } from './domain-conditions.ts'
import type { DomainEvidence } from './domain-conditions.ts'
import { againIn, completeness, describeKeys, publishedSelectors, setupFacts, wishOf } from './domain-status.ts'
import { keptUse } from '../use/use-status.ts'
import { findPlatform } from '../world.ts'

const WAIT_MS = 500

interface Looked {
  records: ComparedRecord[]
  nextAt: number
  /** Of the wanted records: if they change, they are looked up at once. */
  fingerprint: string
}

type Platform = Resource<'MailPlatform'>
type Domain = Resource<'Domain'>
type Stored = StoredResource<'Domain'>

/** Reconciles one Domain: its DKIM keys, its DNS records and its status. */
export function domainController(context: Context, lookOf: (resolvers: string[]) => Look) {
  const { status, world, keeper } = context
  const dkim = new DkimKeeper(context)
  const looked = new Map<string, Looked>()

  async function look(
    key: string,
    platform: Platform,
    resource: Domain,
    keys: StoredKey[],
    object: Stored,
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
    const wait = nextLook(completeness(records, object, now), durationMs(platform.spec.verification.recheck))
    const fresh = { records, fingerprint, nextAt: now + wait }
    looked.set(key, fresh)
    return fresh
  }

  async function serve(
    platform: Platform,
    resource: Domain,
    object: Stored,
    complaints: Complaint[],
    platformKey: Buffer,
  ): Promise<{ againMs?: number | undefined }> {
    const key = keyFor(resource.namespace, resource.name)
    const owner = { key, domainName: resource.spec.domainName }
    const wish = wishOf(resource)
    const before = stepsForKeys(dkim.keysOf(owner), wish, published(looked.get(key)), Date.now())
    const owned = await dkim.follow({ platform: platform.name, owner, object, request: wish.request }, before)
    const keys = dkim.keysOf(owner)
    const seen = await look(key, platform, resource, keys, object, platformKey)
    // Again, because this lookup may have found records.
    const steps = stepsForKeys(keys, wish, published(seen), Date.now())
    const answered = isAnswered(keys, wish)
    await report(object, evidenceOf(object, complaints, platform, resource, seen), {
      dnsRecords: seen.records,
      dkimKeys: describeKeys(keys, steps, wish.overlapMs),
      rotationDone: answered ? wish.request : object.status.rotationDone,
    })
    return { againMs: againIn(steps, { owned, recordsAt: seen.nextAt }, Date.now()) }
  }

  const report = (object: Stored, evidence: DomainEvidence, fields: DomainStatus = {}): Promise<boolean> =>
    status.report(object, {
      findings: domainFindings(evidence),
      fields: { ...keptUse(object), ...fields },
      newsOf: domainNews,
    })

  return async (key: string): Promise<{ againMs?: number | undefined }> => {
    const object = world.domains.get(key)
    const found = findPlatform(world)
    if (object === undefined) {
      looked.delete(key)
      dkim.forget(key)
      forgetOwner(refAt(KINDS.Domain, key), world.secrets)
    }
    const findings = context.findings()
    if (object === undefined || found === undefined || 'problems' in found || findings === undefined) return {}
    const { platformKey } = keeper
    if (platformKey === undefined) return { againMs: WAIT_MS }
    const complaints = findingsOn(findings, refAt(KINDS.Domain, key))
    const { read } = object
    // The proof is checked even if another field is invalid, because the Domain keeps its name only while the proof exists.
    if ('problems' in read || complaints.some(({ reason }) => reason === 'NamespaceNotAllowed')) {
      await report(object, evidenceOf(object, complaints))
      return {}
    }
    return serve(found.platform, read.resource, object, complaints, platformKey)
  }
}

const evidenceOf = (
  object: Stored,
  complaints: Complaint[],
  platform?: Platform,
  resource?: Domain,
  seen?: Looked,
): DomainEvidence => ({
  complaints,
  records: seen?.records,
  suspended: resource?.spec.state === 'Suspended',
  sending: platform?.spec.verification.sending,
  before: conditionsOf(object),
  now: new Date(),
})

const published = (seen: Looked | undefined): Set<string> => publishedSelectors(seen?.records ?? [])

/** The IP addresses that the delivery pools name. */
const poolAddresses = ({ world }: Context): string[] => world.pools.list().flatMap(({ spec }) => spec.addresses ?? [])
