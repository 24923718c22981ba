import type { Clock } from '@postrider/clock/clock'
import { signDkim } from '@postrider/mail/dkim'
import type { DkimKey } from '@postrider/mail/dkim'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { domainOf } from '@postrider/mail/envelope'
import { octetsOf } from '@postrider/mail/message'
import type { Acceptor } from '@postrider/queue/accept'
import type { HeldFor } from '@postrider/queue/held'
import type { DomainConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { signingDomain } from '@postrider/runtime-config/signing'
import { RefusalError } from '@postrider/smtp/refusal'
import type { Counted, Ledger } from '../policy/ledger.ts'
import { reserve } from '../policy/reserve.ts'
import { allowedSenders } from '../policy/submitter.ts'
import type { Submitter } from '../policy/submitter.ts'
import { refusalOf } from '../scan/refuse.ts'
import type { Scans } from '../scan/scan.ts'
import type { Decision } from '../scan/verdict.ts'
import { checkFrom } from './check-from.ts'
import { envelopeOf } from './envelope.ts'
import { prepare } from './prepare.ts'
import { newQueueId } from './queue-id.ts'
import { mayBeStored, storageRefusal } from './storage-refusal.ts'
import { storeWhileRoom } from './store-while-room.ts'
import type { Transaction } from './transaction.ts'

/** Accepts a message after its final dot: resolves with its queue id when it is on disk, rejects with the RefusalError that the client
 * gets. `protocol` is a transmission type such as ESMTPSA (RFC 3848). */
export type Acceptance = (
  transaction: Transaction,
  raw: Buffer,
  submitter: Submitter,
  protocol: string,
) => Promise<string>

export interface AcceptanceDependencies {
  config: () => RuntimeConfig
  clock: Pick<Clock, 'now'>
  acceptor: Acceptor
  ledger: Ledger
  /** False while the queue's disk is nearly full. */
  hasRoom: () => boolean
  /** Opens a domain's sealed DKIM keys. */
  keysOf: (domain: DomainConfig) => DkimKey[]
  scans: Pick<Scans, 'run'>
  /** Stores a message that is held for review, as durably as the acceptor. */
  hold: (envelope: Envelope, why: HeldFor, content: Buffer, signal: AbortSignal) => Promise<unknown>
  /** Called after the message is stored. `startedAt` in milliseconds since the epoch. */
  accepted: (envelope: Envelope, startedAt: number) => void
}

/** The steps of accepting a message, in order. */
export function createAcceptance(dependencies: AcceptanceDependencies): Acceptance {
  const { config, clock, acceptor, ledger, hasRoom, keysOf, scans, hold, accepted } = dependencies
  /** The only durable write of the message. The 250 is sent when it is confirmed. */
  const store = (envelope: Envelope, content: Buffer, decisive: Decision | undefined, signal: AbortSignal) =>
    decisive?.action === 'hold' ? hold(envelope, decisive, content, signal) : acceptor.store(envelope, content, signal)
  return async (transaction, raw, submitter, protocol) => {
    const now = clock.now()
    const { from, recipients } = transaction
    const { credential, domain, limits } = submitter
    const { hostName } = config().platform
    const id = newQueueId(now)
    // Checks that can refuse the message for its content come before anything is counted or written.
    const allowed = allowedSenders(submitter)
    const prepared = prepare(raw, { id, hostName, now, protocol, recipients }, credential.address, allowed)
    checkFrom('From', prepared.from, allowed, credential.address)
    if (prepared.resentFrom) checkFrom('Resent-From', prepared.resentFrom, allowed, credential.address)
    if (!hasRoom()) {
      throw new RefusalError(452, '4.3.1', "the queue's disk is nearly full; try again later", 'queue-unavailable')
    }
    const release = await reserve(ledger, limits, countedOf(recipients))
    try {
      const about = { id, from, recipients, credential: credential.address, domain: domain.name }
      const { message, decisive } = await scans.run({ ...about, message: prepared.message })
      const refusal = refusalOf(decisive)
      if (refusal !== undefined) throw refusal
      const signer = signingDomain(config().domains, prepared.from.addresses, domain)
      const signature = await signDkim(message, keysOf(signer), now)
      const content = octetsOf({ ...message, fields: [...signature, ...message.fields] })
      const envelope = envelopeOf(transaction, submitter, prepared, { id, now, size: content.length })
      await storeWhileRoom((full) => store(envelope, content, decisive, full), hasRoom)
      accepted(envelope, now)
      return id
    } catch (error) {
      if (!mayBeStored(error)) await release()
      throw storageRefusal(error) ?? error
    }
  }
}

const countedOf = (recipients: Recipient[]): Counted => ({
  recipients: recipients.length,
  destinations: new Set(recipients.map(({ address }) => domainOf(address))),
})
