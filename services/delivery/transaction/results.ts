import type { Recipient } from '@postrider/mail/envelope'
import { getBounceInfo } from '@postrider/reply/classify'
import { isRefusal } from '@postrider/smtp/reply'
import type { Reply } from '@postrider/smtp/reply'
import type { RecipientResult, Stage } from './outcome.ts'

/** The results of one transaction as they become known, one for each recipient. The first result of a recipient counts. Pure. */
export class Results {
  readonly #recipients: Recipient[]
  readonly #results = new Map<Recipient, RecipientResult>()

  constructor(recipients: Recipient[]) {
    this.#recipients = recipients
  }

  /** Recipients without a result. */
  get open(): Recipient[] {
    return this.#recipients.filter((recipient) => !this.#results.has(recipient))
  }

  settle(recipients: Recipient[], result: Omit<RecipientResult, 'recipient'>): void {
    for (const recipient of recipients)
      if (!this.#results.has(recipient)) this.#results.set(recipient, { recipient, ...result })
  }

  /** The remote gave the recipients a reply other than 2xx. `tlsFault`: why this connection has no TLS although the remote offers it. */
  refuse(recipients: Recipient[], reply: Reply, stage: Stage, tlsFault?: string): void {
    this.settle(recipients, resultOf(reply, stage, tlsFault))
  }

  /** The number of replies did not match the number of commands, so it is unknown which recipient was refused: no recipient is. `stage`: for
   * those without a result. */
  doubt(stage: Stage): void {
    for (const [recipient, { result, stage: at, reply, ours }] of this.#results) {
      if (result === 'refused' && ours !== true) this.#results.set(recipient, { recipient, ...uncertain(at, reply) })
    }
    this.settle(this.open, uncertain(stage))
  }

  /** All results, in the order of the recipients. `stage`: where the transaction ended, for those without a result. */
  all(stage: Stage): RecipientResult[] {
    return this.#recipients.map((recipient) => this.#results.get(recipient) ?? { recipient, ...NEVER_ANSWERED, stage })
  }
}

/** The result that a reply other than 2xx means. */
function resultOf(reply: Reply, stage: Stage, tlsFault: string | undefined): Omit<RecipientResult, 'recipient'> {
  const { text } = reply
  if (!isRefusal(reply))
    return { result: 'failed', reply: `not a valid SMTP reply to this command: ${text}`, errorCode: 'PROTOCOL', stage }
  // The remote demands TLS, and its handshake has just failed. Temporary, because TLS may work later.
  if (tlsFault !== undefined && demandsTls(reply, stage))
    return { result: 'failed', reply: `${tlsFault}; in clear: ${text}`, errorCode: 'TLS', stage: 'starttls' }
  return { result: 'refused', reply: text, stage }
}

/** RFC 3207, 4, defines 530 for this; many servers use other codes and words of their own. */
const demandsTls = ({ code, text }: Reply, stage: Stage): boolean =>
  code === 530 || getBounceInfo({ response: text, stage }).category === 'tls'

const NEVER_ANSWERED = {
  result: 'failed',
  reply: 'the transaction ended without a reply',
  errorCode: 'CLOSED',
} as const

const uncertain = (stage: Stage, said?: string): Omit<RecipientResult, 'recipient'> => ({
  result: 'failed',
  reply: `the remote did not answer each command with one reply${said === undefined ? '' : `; it said: ${said}`}`,
  errorCode: 'PROTOCOL',
  stage,
})
