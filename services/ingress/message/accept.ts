import type { KeyObject } from 'node:crypto'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import { normaliseContent } from '@postrider/mail/content'
import { signDkim } from '@postrider/mail/dkim'
import { fixUpHeaders } from '@postrider/mail/headers'
import type { Acceptor } from '@postrider/queue/accept'
import { NotStored } from '@postrider/queue/accept'
import type { RuntimeConfig } from '@postrider/runtime-config/config'
import type { Ledger } from '../policy/ledger.ts'
import { reserve } from '../policy/reserve.ts'
import { Refusal } from '../refusal.ts'
import { allowedSenders } from '../session/submission.ts'
import type { Submitter } from '../session/submission.ts'
import { checkFrom } from './check-from.ts'
import { newQueueId } from './queue-id.ts'

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
  /** ESMTPSA and the like (RFC 3848). */
  protocol: string
}

/** Takes a message over: resolves with its queue id when it is on disk, rejects with the Refusal for the client. */
export type Acceptance = (submission: Submission) => Promise<string>

export interface AcceptanceDependencies {
  config: () => RuntimeConfig
  acceptor: Acceptor
  ledger: Ledger
  /** Opens a domain's sealed DKIM keys. */
  keysOf: (
    domain: string,
  ) => { domain: string; selector: string; algorithm: 'rsa-sha256' | 'ed25519-sha256'; privateKey: KeyObject }[]
  accepted: (envelope: Envelope, startedAt: number) => void
}

export function createAcceptance(dependencies: AcceptanceDependencies): Acceptance {
  const { config, acceptor, ledger, keysOf, accepted } = dependencies
  return async (submission) => {
    const now = Date.now()
    const { submitter, from, recipients } = submission
    const { hostName } = config().platform
    const id = newQueueId(now)
    // Everything that can refuse the message for what it is comes before anything is counted or written.
    const normal = normaliseContent(submission.raw)
    const fixed = fixUpHeaders(normal.content, { id, hostName, now, protocol: submission.protocol, recipients })
    checkFrom(fixed.from, allowedSenders(submitter), submitter.credential.address)
    const release = await reserve(ledger, submitter.limits, recipients.length)
    try {
      const signature = await signDkim(fixed.content, keysOf(submitter.domain.name))
      const content = signature.length === 0 ? fixed.content : Buffer.concat([signature, fixed.content])
      const envelope: Envelope = {
        id,
        from,
        recipients,
        ...(submission.ret === undefined ? {} : { ret: submission.ret }),
        ...(submission.envid === undefined ? {} : { envid: submission.envid }),
        eightBit: submission.eightBit || normal.eightBit,
        utf8: submission.utf8,
        domain: submitter.domain.name,
        credential: submitter.credential.address,
        acceptedAt: now,
        size: content.length,
        messageId: fixed.messageId,
      }
      // The one durable write; the 250 follows it and nothing else.
      await acceptor.store(envelope, content)
      accepted(envelope, now)
      return id
    } catch (error) {
      await release()
      if (error instanceof NotStored) {
        throw new Refusal(451, '4.3.0', 'the queue is not available; try again later', 'queue-unavailable', {
          cause: error,
        })
      }
      throw error
    }
  }
}
