import { isProven } from '@postrider/sender-verification/verification'
import type { Verification, Wish } from '@postrider/sender-verification/verification'
import { SentCodes } from '@postrider/sender-verification/sent-codes'
import { verifySender } from '@postrider/sender-verification/verify'
import type { Verdict } from '@postrider/sender-verification/verdict'
import { noticesFrom } from '@postrider/plan/platform'
import type { PlannedSender } from '@postrider/plan/senders'
import { createKeyring } from '@postrider/runtime-config/keyring'
import { signPlatformMail } from '@postrider/runtime-config/signing'
import type { SignMail } from '@postrider/runtime-config/signing'
import type { Resource } from '@postrider/resources/kinds'
import { findingsOn } from '../configuration/gather.ts'
import type { StoredResource } from '../../stored-resource.ts'
import type { Finding } from '@postrider/kubernetes/status/conditions'
import { conditionOf } from '@postrider/kubernetes/status/status'
import { KINDS } from '@postrider/kubernetes/object/kinds'
import { keyFor, refAt } from '@postrider/kubernetes/object/object'
import type { ConfigurationController } from '../configuration/configuration.ts'
import type { Context } from '../context.ts'
import { lookAgainIn, senderConditions, senderNews, senderRefused } from './sender-conditions.ts'
import { statusOf, verificationOf } from './sender-status.ts'
import { claimOf } from './verified-senders.ts'
import { findPlatform } from '../world.ts'

/** While the configuration has not processed the object, or there is no platform key. */
const WAIT_MS = 500

type Stored = StoredResource<'SenderAddress'>
/** While the broker is away. */
const RETRY_MS = 2000

/** Reconciles one SenderAddress: mails its code if the configuration has no finding against it, checks the code that is entered, and
 * reports the progress in its status. */
export function senderAddressController(
  context: Context,
  configuration: Pick<ConfigurationController, 'senders' | 'domains' | 'broker'>,
) {
  const { status, world, keeper } = context
  /** What was written last, by uid: the store lags behind, and acting on its old state would send a second code. */
  const written = new Map<string, Verification>()
  const uids = new Map<string, string>()
  const sent = new SentCodes()

  async function write(object: Stored, findings: Finding[], known: Verification | undefined): Promise<void> {
    await status.report(object, {
      findings,
      fields: known === undefined ? {} : statusOf(known),
      newsOf: senderNews,
    })
    if (known !== undefined) written.set(object.metadata?.uid ?? '', known)
  }

  const remembered = (object: Stored): Verification | undefined =>
    written.get(object.metadata?.uid ?? '') ?? verificationOf(object)

  async function verify(
    platform: Resource<'MailPlatform'>,
    object: Stored,
    resource: Resource<'SenderAddress'>,
    { domainName }: PlannedSender,
    platformKey: Buffer,
  ): Promise<{ againMs?: number | undefined }> {
    const wish: Wish = {
      claim: claimOf(object, resource, domainName),
      code: resource.spec.code,
      resend: resource.spec.resend,
    }
    const domain = world.domains.get(keyFor(resource.namespace, resource.spec.domainRef.name))
    const ready = conditionOf(domain, 'Ready')
    const before = remembered(object)
    const tell = (known: Verification, verdict: Verdict): Promise<void> =>
      write(object, senderConditions({ verdict, domain: ready, domainName: resource.spec.domainRef.name }), known)
    // No code is mailed on behalf of an unverified domain.
    const proven = before !== undefined && isProven(platformKey, before, wish.claim)
    if (ready?.status !== 'True' && !proven) {
      await write(object, senderConditions({ domain: ready, domainName: resource.spec.domainRef.name }), before)
      return {}
    }
    const { broker, domains } = configuration
    const keysOf = createKeyring(platformKey)
    const sign: SignMail = (content, from, at) => signPlatformMail(content, from, { domains, keysOf }, at)
    const sender = { hostName: platform.spec.hostName, from: noticesFrom(platform), sign }
    const { verdict, postponed } = await verifySender(
      platformKey,
      { namespace: resource.namespace, wish, before },
      { keep: tell, mailer: broker && { broker, sender }, sent, now: Date.now },
    )
    return { againMs: postponed ? RETRY_MS : lookAgainIn(verdict, Date.now()) }
  }

  /** Forgets what was written about an object that was deleted, or recreated under the same name. */
  function noteUid(key: string, uid: string | undefined): void {
    const before = uids.get(key)
    if (before !== undefined && before !== uid) written.delete(before)
    if (uid === undefined) uids.delete(key)
    else uids.set(key, uid)
  }

  /** Undefined until the configuration has processed the object with this address: only then is the owner of the address known. */
  function counted(
    key: string,
    object: Stored,
  ): { resource: Resource<'SenderAddress'>; planned: PlannedSender } | undefined {
    const planned = configuration.senders.get(key)
    const { read } = object
    if ('problems' in read || planned === undefined) return undefined
    const { resource } = read
    return claimOf(object, resource, planned.domainName).address === planned.address ? { resource, planned } : undefined
  }

  return async (key: string): Promise<{ againMs?: number | undefined }> => {
    const object = world.senders.get(key)
    noteUid(key, object?.metadata?.uid)
    const found = findPlatform(world)
    const findings = context.findings()
    if (object === undefined || found === undefined || 'problems' in found || findings === undefined) return {}
    const [complaint] = findingsOn(findings, refAt(KINDS.SenderAddress, key))
    if (complaint !== undefined) {
      await write(object, [senderRefused(complaint)], remembered(object))
      return {}
    }
    const { platformKey } = keeper
    const it = counted(key, object)
    if (platformKey === undefined || it === undefined) return { againMs: WAIT_MS }
    return verify(found.platform, object, it.resource, it.planned, platformKey)
  }
}
