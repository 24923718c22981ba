import type { Broker } from '@postrider/broker/connection'
import type { Cancellations } from '@postrider/queue/cancellations'
import { ContentGoneError, readContent } from '@postrider/queue/content'
import { RecordUnavailableError } from '@postrider/broker/read-record'
import type { Taken } from '@postrider/queue/take'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import { attemptSettings } from './route/attempt-settings.ts'
import { withBudget } from './route/lookup-budget.ts'
import { LookupsBusyError, lookUpLater } from './route/lookups-busy.ts'
import type { DnsResolver } from './route/resolver.ts'
import type { Route, ResolvedRoute } from './route/route.ts'
import { resolveRoute } from './route/router.ts'
import { senderOf } from './route/sender.ts'
import { siteKey } from './route/site-key.ts'
import { addressesOf } from './site/host-addresses.ts'
import { createLocalAddresses } from './site/local-address.ts'
import { open } from './site/open.ts'
import { JobLetGoError, stillOurs } from './let-go.ts'
import type { LetGo } from './let-go.ts'
import type { Later } from './site/schedule.ts'
import type { Slot } from './site/site.ts'
import type { Sites } from './site/sites.ts'
import { tryHosts } from './site/try-hosts.ts'
import type { HostTrial } from './site/try-hosts.ts'
import { forAll } from './transaction/outcome.ts'
import type { RecipientResult, TransactionOutcome } from './transaction/outcome.ts'
import { PeerMemory } from './transaction/peer-memory.ts'
import { sendInSeries } from './transaction/series.ts'
import type { Progress } from './transaction/series.ts'

/** Makes one attempt to deliver a job: resolves the route, reserves a slot at the site, and tries the hosts in order, with as many
 * transactions as a host requires. Resolves with `Later` if the site has no free slot, and with `LetGo` if the job was given up. `last`:
 * the message has expired, so no later attempt follows. */
export type Attempt = (taken: Taken, progress: Progress, last?: boolean) => Promise<TransactionOutcome | Later | LetGo>

export interface AttemptDependencies {
  broker: Broker
  config: () => RuntimeConfig
  resolver: () => DnsResolver
  sites: Sites
  cancellations: Pick<Cancellations, 'has'>
  /** Called when a connection was lost after the final dot: the remote may have accepted the message, which will be sent again. */
  ambiguous: () => void
}

export function createAttempt({
  broker,
  config,
  resolver,
  sites,
  cancellations,
  ambiguous,
}: AttemptDependencies): Attempt {
  const localAddress = createLocalAddresses()
  const peers = new PeerMemory()
  return async (taken, progress, last = false) => {
    const { envelope, destination, attempt } = taken.job
    const current = config()
    const { platform, policies, pools } = current
    const { smtpPort, timeouts } = platform
    const { own, internal, connectionSettings } = attemptSettings(current)
    const dns = withBudget(resolver())
    const all = (result: Omit<RecipientResult, 'recipient'>) => ({ recipients: forAll(envelope.recipients, result) })

    const found = await resolveRoute(destination, { resolver: dns, policies, smtpPort, ownNames: own.names })
    if ('later' in found) return found
    if ('reply' in found) return all({ result: 'refused', reply: found.reply, ours: true, stage: 'dns' })
    const resolved: ResolvedRoute =
      envelope.requireTls === true ? { ...found, tls: 'required', requireTls: true } : found
    const sender = senderOf(resolved, { platform, pools })
    if ('reply' in sender) return all({ result: 'refused', reply: sender.reply, ours: true, stage: 'connect' })

    const route: Route = { ...resolved, site: siteKey(resolved, sender, connectionSettings) }
    const slot = await sites.reserve(route, { last, urgent: isUrgent(taken) })
    if ('later' in slot) return slot

    if (!taken.begin()) {
      slot.release({ finding: 'unknown' })
      return { letGo: true }
    }
    if (cancellations.has(taken.job)) {
      // Cancelled while it waited for the slot. The worker that fetches the job next records the cancellation.
      slot.release({ finding: 'unknown' })
      return { later: CANCELLED_AGAIN_MS, ours: true }
    }
    const { hosts } = slot
    const fence = {
      content: () => {
        taken.content()
        slot.tookRecipient()
      },
      finalDot: () => taken.finalDot(),
    }
    const lookUp = {
      resolver: dns,
      sender,
      ownAddresses: own.addresses,
      internal,
      seed: envelope.id,
      ipv4First: hosts.doubtsIpv6,
    }
    const outcome = await onSlot(slot, {
      hosts: route.hosts,
      envelope,
      attempt,
      connectMs: timeouts.connectMs,
      addressesOf: (host) => addressesOf(host, lookUp),
      open: async (candidate, connectMs) => {
        stillOurs(taken)
        return open(candidate, connectMs, { route, sender, timeouts, hosts, localAddress })
      },
      send: async (connection, reopen) => {
        stillOurs(taken)
        const uncut = taken.onCut(() => connection.dialogue.destroy())
        const sent = await sendInSeries(
          connection,
          { envelope, content: () => contentOf(broker, taken), fence },
          { timeouts, reopen, progress, peers, messagesPerConnection: route.messagesPerConnection },
        ).finally(uncut)
        stillOurs(taken)
        return sent
      },
    })
    if ('recipients' in outcome && outcome.ambiguous === true) ambiguous()
    return outcome
  }
}

/** Delay before a cancelled job is delivered again. Milliseconds. */
const CANCELLED_AGAIN_MS = 250

/** How long a job is postponed when the broker cannot provide the content at the moment; the attempt then has no outcome. Milliseconds. */
const CONTENT_AGAIN_MS = 5000

/** Tries the hosts, and releases the slot in every case, with the connection if it can carry another message. */
async function onSlot(slot: Slot, trial: Omit<HostTrial, 'slot'>): Promise<TransactionOutcome | Later | LetGo> {
  try {
    const { outcome, finding, connection } = await tryHosts({ ...trial, slot })
    slot.release({ connection, finding })
    return outcome
  } catch (error) {
    slot.release({ finding: 'unknown' })
    if (error instanceof JobLetGoError) return { letGo: true }
    if (error instanceof LookupsBusyError) return lookUpLater()
    if (error instanceof RecordUnavailableError) return { later: CONTENT_AGAIN_MS, ours: true }
    // Any other error is a fault of this platform; deferOnFault defers the job.
    if (!(error instanceof ContentGoneError)) throw error
    const reply = '554 5.3.0 the content of the message is no longer stored here'
    return { recipients: forAll(trial.envelope.recipients, { result: 'refused', reply, ours: true, stage: 'content' }) }
  }
}

/** An administrator requested this attempt, so it probes a resting site, but only for the first few deliveries of the job. */
const MAX_URGENT_DELIVERIES = 3
const isUrgent = ({ job, deliveries }: Taken): boolean => job.urgent === true && deliveries <= MAX_URGENT_DELIVERIES

function contentOf(broker: Broker, { job, first }: Taken): AsyncIterable<Buffer> | Buffer {
  const whole = first !== undefined && job.content.parts.length === 0
  return whole
    ? Buffer.from(first.buffer, first.byteOffset, first.byteLength)
    : readContent(broker, job.content, { first })
}
