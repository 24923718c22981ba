import type { Recipient } from '@postrider/mail/envelope'
import type { MailParameters } from '@postrider/smtp/parameters'
import type { Transaction } from '../message/transaction.ts'

/** A transaction that still grows. By address: a recipient that was named twice gets one message, by its last parameters. */
interface Open {
  from: string
  mail: MailParameters
  recipients: Map<string, Recipient>
}

/** The transactions under way. Each is found by the library's envelope object, which is another one after RSET, EHLO and a message. */
export class Transactions {
  readonly #open = new WeakMap<object, Open>()

  begin(envelope: object, from: string, mail: MailParameters): void {
    this.#open.set(envelope, { from, mail, recipients: new Map() })
  }

  add(envelope: object, recipient: Recipient): void {
    this.#of(envelope).recipients.set(recipient.address, recipient)
  }

  /** SMTPUTF8 was given with MAIL (RFC 6531, 3.4). */
  usesUtf8(envelope: object): boolean {
    return this.#of(envelope).mail.utf8
  }

  get(envelope: object): Transaction {
    const { recipients, ...begun } = this.#of(envelope)
    return { ...begun, recipients: [...recipients.values()] }
  }

  /** The library takes RCPT and DATA only after MAIL was accepted. */
  #of(envelope: object): Open {
    const open = this.#open.get(envelope)
    if (open === undefined) throw new Error('a command of a transaction that was not begun')
    return open
  }
}
