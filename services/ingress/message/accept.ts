import type { Clock } from '@postrider/clock/clock'
import { matchesSender, needsUtf8 } from '@postrider/mail/address'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { domainOf } from '@postrider/mail/envelope'
import { normaliseContent } from '@postrider/mail/content'
import { signDkim } from '@postrider/mail/dkim'
import type { DkimKey } from '@postrider/mail/dkim'
import { fixUpHeaders } from '@postrider/mail/headers'
import type { FixedContent } from '@postrider/mail/headers'
import { ContentRefused } from '@postrider/mail/refused'
import type { Acceptor } from '@postrider/queue/accept'
import { NotStored, RecordRefusedError } from '@postrider/queue/accept'
import type { HeldFor } from '@postrider/queue/held'
import { RecordTooLargeError } from '@postrider/queue/record-size'
import type { DomainConfig, RuntimeConfig } from '@postrider/runtime-config/config'
import { signingDomain } from '@postrider/runtime-config/signing'
import type { Counted, Ledger } from '../policy/ledger.ts'
import { reserve } from '../policy/reserve.ts'
import { Refusal } from '@postrider/smtp/refusal'
import { refusalOf } from '../scan/refuse.ts'
import type { Scans } from '../scan/scan.ts'
import type { Judgement } from '../scan/verdict.ts'
import { releaseTime } from '@postrider/smtp/future-release'
import type { Hold } from '@postrider/smtp/future-release'
import { allowedSenders } from '../session/submission.ts'
import type { Submitter } from '../session/submission.ts'
import { checkFrom } from './check-from.ts'
import { newQueueId } from './queue-id.ts'
import { storeWhileRoom } from './store-while-room.ts'

/** A message whose final dot has come. */
export interface Submission {
  raw: Buffer
  submitter: Submitter
  from: string
  recipients: Recipient[]
  ret?: 'FULL' | 'HDRS'
  envid?: string
  eightBit: boolean
  utf8: boolean
  requireTls: boolean
  hold?: Hold
  /** ESMTPSA and the like (RFC 3848). */
  protocol: string
}

/** Takes a message over: resolves with its queue id when it is on disk, rejects with the Refusal for the client. */
export type Acceptance = (submission: Submission) => Promise<string>

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
  /** Stores a message where it waits for a person's decision; as durable as the acceptor. */
  hold: (envelope: Envelope, why: HeldFor, content: Buffer) => Promise<unknown>
  accepted: (envelope: Envelope, startedAt: number) => void
}

export function createAcceptance(dependencies: AcceptanceDependencies): Acceptance {
  const { config, clock, acceptor, ledger, hasRoom, keysOf, scans, hold, accepted } = dependencies
  /** The one durable write; the 250 follows it and nothing else. */
  const keep = (envelope: Envelope, content: Buffer, decisive: Judgement | undefined): Promise<unknown> =>
    decisive?.action === 'hold' ? hold(envelope, decisive, content) : acceptor.store(envelope, content)
  return async (submission) => {
    const now = clock.now()
    const { submitter, from, recipients } = submission
    const { hostName } = config().platform
    const id = newQueueId(now)
    // Everything that can refuse the message for what it is comes before anything is counted or written.
    const { normal, fixed } = prepare(submission, { id, hostName, now })
    const { address } = submitter.credential
    checkFrom('From', fixed.from, allowedSenders(submitter), address)
    if (fixed.resentFrom) checkFrom('Resent-From', fixed.resentFrom, allowedSenders(submitter), address)
    if (!hasRoom()) {
      throw new Refusal(452, '4.3.1', "the queue's disk is nearly full; try again later", 'queue-unavailable')
    }
    const release = await reserve(ledger, submitter.limits, countedOf(recipients))
    try {
      const credential = submitter.credential.address
      const domain = submitter.domain.name
      const scan = await scans.run({ id, from, recipients, credential, domain, content: fixed.content })
      const refusal = refusalOf(scan.decisive)
      if (refusal !== undefined) throw refusal
      const signature = await signDkim(
        scan.content,
        keysOf(signingDomain(config().domains, fixed.from.addresses, submitter.domain)),
        now,
      )
      const content = putBefore(scan.content, signature, Buffer.from(scan.fields))
      const envelope = envelopeOf(submission, { id, now, size: content.length, eightBit: normal.eightBit, fixed })
      await storeWhileRoom(keep(envelope, content, scan.decisive), hasRoom)
      accepted(envelope, now)
      return id
    } catch (error) {
      if (!isPerhapsKept(error)) await release()
      throw storageRefusal(error) ?? error
    }
  }
}

interface Prepared {
  id: string
  now: number
  /** Octets of the content as it is stored. */
  size: number
  eightBit: boolean
  fixed: Pick<FixedContent, 'messageId' | 'utf8' | 'utf8Text'>
}

/** What the queue keeps beside the content. Pure. */
function envelopeOf(submission: Submission, { id, now, size, eightBit, fixed }: Prepared): Envelope {
  const { from, recipients, ret, envid, utf8, requireTls, hold, submitter } = submission
  return {
    id,
    from,
    recipients,
    ...(ret === undefined ? {} : { ret }),
    ...(envid === undefined ? {} : { envid }),
    eightBit: submission.eightBit || eightBit,
    utf8: utf8 && (fixed.utf8 || needsUtf8(from)),
    ...(utf8 && fixed.utf8Text ? { utf8Text: true } : {}),
    ...(hold === undefined ? {} : { releaseAt: releaseTime(hold, now) }),
    ...(requireTls ? { requireTls: true } : {}),
    domain: submitter.domain.name,
    credential: submitter.credential.address,
    acceptedAt: now,
    size,
    messageId: fixed.messageId,
  }
}

/** What is perhaps in the queue counts: else a client that tries again and again fills the disk beyond each limit. */
const isPerhapsKept = (error: unknown): boolean =>
  (error instanceof NotStored || error instanceof RecordRefusedError) && error.left !== 'nothing'

/** What the client is told when the message is not in the queue; undefined when something else failed. */
function storageRefusal(error: unknown): Refusal | undefined {
  if (error instanceof NotStored) {
    return new Refusal(451, '4.3.0', 'the queue is not available; try again later', 'queue-unavailable', {
      cause: error,
    })
  }
  if (error instanceof RecordTooLargeError) {
    const text =
      error.what === 'envelope'
        ? 'the recipients and their DSN parameters are too large for one message; send it to fewer recipients at a time'
        : 'the message is larger than the queue can store; send a smaller one'
    return new Refusal(552, '5.3.4', text, 'size', { cause: error })
  }
  if (error instanceof RecordRefusedError) {
    const text = 'the queue cannot store this message; contact the administrator of this mail platform'
    return new Refusal(554, '5.3.0', text, 'internal', { cause: error })
  }
  return undefined
}

/** A large message is copied only when there is something to put before it. */
function putBefore(content: Buffer, ...fields: Buffer[]): Buffer {
  const given = fields.filter(({ length }) => length > 0)
  return given.length === 0 ? content : Buffer.concat([...given, content])
}

const countedOf = (recipients: Recipient[]): Counted => ({
  recipients: recipients.length,
  destinations: new Set(recipients.map(({ address }) => domainOf(address))),
})

/** What is wrong with the content becomes the client's reply. */
function prepare(
  { raw, protocol, recipients, submitter }: Submission,
  { id, hostName, now }: { id: string; hostName: string; now: number },
) {
  try {
    const normal = normaliseContent(raw)
    const allowed = allowedSenders(submitter)
    const mayUse = (address: string): boolean => matchesSender(allowed, address)
    const submitting = { login: submitter.credential.address, mayUse }
    return { normal, fixed: fixUpHeaders(normal.content, { id, hostName, now, protocol, recipients, submitting }) }
  } catch (error) {
    if (!(error instanceof ContentRefused)) throw error
    throw new Refusal(error.code, error.status, error.message, 'content', { cause: error })
  }
}
