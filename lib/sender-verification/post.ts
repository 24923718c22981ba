import { createHash } from 'node:crypto'
import { withLowerDomain } from '@postrider/mail/address'
import { codeMail } from './code-mail.ts'
import type { Envelope } from '@postrider/mail/envelope'
import { createAcceptor, NotStoredError } from '@postrider/queue/accept'
import type { Broker } from '@postrider/broker/connection'
import { allowCode } from './code-allowance.ts'
import type { SignMail } from '@postrider/runtime-config/signing'
import type { Claim } from './claim.ts'
import { CODE_LIFETIME_MS, codeIssuedAt, codeOf } from './code.ts'

export interface CodeToPost {
  claim: Claim
  namespace: string
  /** The pending one, which is remembered durably. */
  id: string
}

/** Of the platform: how it calls itself, and the From field of what it mails. */
export interface CodeSender {
  hostName: string
  from: string
  /** Signs the mail for the domain of `from`. */
  sign: SignMail
}

export type Posted = { messageID: string } | { heldUntil: number }

/** How long the queue may take. Milliseconds. */
const WAIT_MS = 5000
/** Always the same stream: there a repeated mail is known by its id. */
const SHARDS = 1

/** Gives the mail with a code to the queue, once, when the limits allow it; rejects with NotStoredError when the broker is away. */
export async function postCode(
  broker: Broker,
  platformKey: Buffer,
  { hostName, from, sign }: CodeSender,
  { claim, namespace, id }: CodeToPost,
  now: number,
): Promise<Posted> {
  // At once while the broker is away: the count would wait for the reconnect.
  if (!broker.connected) throw new NotStoredError(0, { cause: new Error('the broker cannot be reached') })
  const heldUntil = await allowCode(broker, { id, address: claim.address, namespace, now })
  if (heldUntil !== undefined) return { heldUntil }
  const messageID = queueIdOf(claim, id)
  const messageId = `<${messageID}@${hostName}>`
  const date = codeIssuedAt(id)
  const mail = codeMail({
    from,
    to: claim.address,
    domainName: claim.domainName,
    hostName,
    code: codeOf(platformKey, claim, id),
    messageId,
    date,
    expiresAt: date + CODE_LIFETIME_MS,
  })
  const content = await sign(mail, from, now)
  const envelope: Envelope = {
    id: messageID,
    // RFC 5321, 4.5.5: what is automatic has nobody to hear that it could not be delivered.
    from: '',
    recipients: [{ address: withLowerDomain(claim.address), notify: 'NEVER' }],
    eightBit: false,
    utf8: false,
    // Of the platform and not of the tenant, who has no business in the content.
    domain: hostName,
    credential: '',
    acceptedAt: now,
    size: content.length,
    messageId,
  }
  await createAcceptor(broker, SHARDS, { waitMs: WAIT_MS }).store(envelope, content)
  return { messageID }
}

/** Follows from what is sent, so that sending it twice is sending it once. */
const queueIdOf = ({ owner }: Claim, id: string): string =>
  `c${createHash('sha256').update(`${owner}\n${id}`).digest('hex').slice(0, 25)}`
