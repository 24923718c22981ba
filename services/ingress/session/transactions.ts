import type { Recipient } from '@postrider/mail/envelope'
import type { MailParameters } from '@postrider/smtp/parameters'
import type { Transaction } from '../message/transaction.ts'

/** A transaction before its content. Recipients are kept by address: one that is named twice gets one message, with its last parameters. */
interface OpenTransaction {
  from: string
  mail: MailParameters
  recipients: Map<string, Recipient>
}

/** The open transactions. Each is identified by the library's envelope object, which is a new one after RSET, EHLO and each message. */
export class Transactions {
  readonly #open = new WeakMap<object, OpenTransaction>()

  begin(envelope: object, from: string, mail: MailParameters): void {
    this.#open.set(envelope, { from, mail, recipients: new Map() })
  }

  add(envelope: object, recipient: Recipient): void {
    this.#of(envelope).recipients.set(recipient.address, recipient)
  }

  /** True if MAIL had the SMTPUTF8 parameter (RFC 6531, 3.4). */
  usesUtf8(envelope: object): boolean {
    return this.#of(envelope).mail.utf8
  }

  get(envelope: object): Transaction {
    const { recipients, ...begun } = this.#of(envelope)
    return { ...begun, recipients: [...recipients.values()] }
  }

  /** Throws if there is no transaction; the library allows RCPT and DATA only after MAIL was accepted. */
  #of(envelope: object): OpenTransaction {
    const open = this.#open.get(envelope)
    if (open === undefined) throw new Error('RCPT or DATA without a transaction')
    return open
  }
}
