import { rfc5322Date } from '@postrider/mail/trace'

export interface CodeMail {
  /** From field: the platform's own. */
  from: string
  /** An ASCII dot-atom address. */
  to: string
  /** The verified domain that requests permission: the only text here that a tenant chooses. */
  domainName: string
  /** The platform's host name. */
  hostName: string
  code: string
  messageId: string
  /** Milliseconds since the epoch. */
  date: number
  /** In the same unit as `date`. */
  expiresAt: number
}

/** Writes the mail that asks the owner of a mailbox for permission to send as its address. It contains no text of a tenant except DNS
 * names, so that it cannot be abused to carry another message. CRLF, ASCII, short lines. Pure. */
export function codeMail({ from, to, domainName, hostName, code, messageId, date, expiresAt }: CodeMail): Buffer {
  const lines = [
    `From: ${from.includes('<') ? from : `Sender Verification <${from}>`}`,
    `To: <${to}>`,
    `Subject: Verification code for ${domainName}`,
    `Date: ${rfc5322Date(date)}`,
    `Message-ID: ${messageId}`,
    // RFC 3834, 5: automatic responders must not answer this.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=us-ascii',
    'Content-Transfer-Encoding: 7bit',
    '',
    'The operator of the domain',
    '',
    `    ${domainName}`,
    '',
    'asks for permission to send mail from your address:',
    '',
    `    ${to}`,
    '',
    'If you agree, give them this code:',
    '',
    `    ${code}`,
    '',
    `The code is valid until ${rfc5322Date(expiresAt)}.`,
    '',
    'If you did not expect this, do nothing, and do not share the code: without it,',
    'nothing will be sent through us in your name. In either case, no one gets',
    'access to your mailbox.',
    '',
    `This mail was sent by ${hostName}, which sends mail for that domain.`,
    'You will get at most three of these a day.',
    '',
  ]
  return Buffer.from(lines.join('\r\n'), 'latin1')
}
