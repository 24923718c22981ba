import { mailParameters, rcptParameters } from '@postrider/smtp/dsn-parameters'
import { needsUtf8 } from '@postrider/mail/address'
import type { Envelope, Recipient } from '@postrider/mail/envelope'
import type { Capabilities, SmtpConnection } from './connection.ts'

export const NEEDS_UTF8 = "550 5.6.7 the message needs SMTPUTF8, which the recipient's server does not support"

/** A refusal in the form of an SMTP reply, if the EHLO reply of the remote shows that it cannot accept the message; undefined otherwise. */
export function cannotTake({ capabilities, remote }: SmtpConnection, envelope: Envelope): string | undefined {
  const { size, utf8, requireTls } = envelope
  if (capabilities.size !== undefined && capabilities.size > 0 && size > capabilities.size) {
    return `552 5.3.4 the message is ${size} bytes, but the recipient's server accepts at most ${capabilities.size} bytes`
  }
  if (utf8 && !capabilities.utf8) return NEEDS_UTF8
  // site/require-tls.ts has chosen the connection by this already. Checked again, because REQUIRETLS is a guarantee to the sender.
  if (requireTls === true && (remote.tls === null || !capabilities.requireTls)) {
    return "550 5.7.30 the sender requires TLS (REQUIRETLS), which the recipient's server does not support"
  }
  return undefined
}

/** The commands of one transaction, each with its CRLF: MAIL, RCPT for each recipient, DATA. */
export function commandsOf(envelope: Envelope, recipients: Recipient[], capabilities: Capabilities): string[] {
  const { from, size, eightBit, utf8, utf8Text, requireTls, ret, envid } = envelope
  const saysUtf8 =
    utf8 || (utf8Text === true && capabilities.utf8) || recipients.some(({ address }) => needsUtf8(address))
  // 8-bit content is sent unchanged to a remote without 8BITMIME. Encoding it would break its DKIM signature, and practically all servers
  // accept it.
  const mail =
    (capabilities.size === undefined ? '' : ` SIZE=${size}`) +
    (eightBit && capabilities.eightBitMime ? ' BODY=8BITMIME' : '') +
    (saysUtf8 ? ' SMTPUTF8' : '') +
    (requireTls === true ? ' REQUIRETLS' : '') +
    (capabilities.dsn ? mailParameters({ ret, envid }) : '')
  return [
    `MAIL FROM:<${from}>${mail}\r\n`,
    ...recipients.map((to) => `RCPT TO:<${to.address}>${capabilities.dsn ? rcptParameters(to) : ''}\r\n`),
    'DATA\r\n',
  ]
}
