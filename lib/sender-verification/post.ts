import { createHash } from 'node:crypto'
import { withLowerDomain } from '@postrider/mail/address'
import { codeMail } from './code-mail.ts'
import type { Envelope } from '@postrider/mail/envelope'
import { NotStoredError, storeAt } from '@postrider/queue/accept'
import { mailPlace } from '@postrider/queue/place'
import { againFields } from '@postrider/queue/record'
import type { Broker } from '@postrider/broker/connection'
import { allowCode } from './code-allowance.ts'
import type { SignMail } from '@postrider/runtime-config/signing'
import type { Claim } from './claim.ts'
import { CODE_LIFETIME_MS, codeIssuedAt, codeOf } from './code.ts'

export interface CodeToPost {
  claim: Claim
  namespace: string
  /** Id of the pending code, which is already stored durably. */
  id: string
}

/** The platform's host name, and the From field of its mail. */
export interface CodeSender {
  hostName: string
  from: string
  /** Signs the mail for the domain of `from`. */
  sign: SignMail
}

export type Posted = { messageID: string } | { allowedAt: number }

/** How long the queue may take to store the mail. Milliseconds. */
const WAIT_MS = 5000
/** Always the same stream, where the broker recognizes a repeated mail by its id. */
const SHARD = 0
/** How far the clocks of the operator and the broker may differ. Milliseconds. */
const CLOCKS_MS = 2 * 60_000

/** Puts the mail with a code into the queue, once, if the limits allow it. Rejects with NotStoredError when the broker is away. */
export async function postCode(
  broker: Broker,
  platformKey: Buffer,
  { hostName, from, sign }: CodeSender,
  { claim, namespace, id }: CodeToPost,
  now: number,
): Promise<Posted> {
  // Fails immediately while the broker is away: the count would wait for the reconnect.
  if (!broker.connected) throw new NotStoredError(0, { cause: new Error('the broker cannot be reached') })
  const allowedAt = await allowCode(broker, { id, address: claim.address, namespace, now })
  if (allowedAt !== undefined) return { allowedAt }
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
    // RFC 5321, 4.5.5: an automatic mail has a null reverse-path, so that no one is notified of a failure.
    from: '',
    recipients: [{ address: withLowerDomain(claim.address), notify: 'NEVER' }],
    eightBit: false,
    utf8: false,
    // The platform's domain, not the tenant's: the tenant must not have access to the content.
    domain: hostName,
    credential: '',
    acceptedAt: now,
    size: content.length,
    messageId,
  }
  // The broker may have stored the mail earlier and forgotten its id since. So the worker that takes it asks whether it was sent.
  const again = againFields(Math.max(0, date - CLOCKS_MS))
  await storeAt(broker, mailPlace(SHARD), envelope, content, { waitMs: WAIT_MS }, again)
  return { messageID }
}

/** Derived from the claim and the code, so that a repeated mail has the same queue id and is stored once. */
const queueIdOf = ({ owner }: Claim, id: string): string =>
  `c${createHash('sha256').update(`${owner}\n${id}`).digest('hex').slice(0, 25)}`
