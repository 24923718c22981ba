import { decodeXtext } from '@postrider/smtp/xtext'
import { dateTime, field, printableAscii } from './field.ts'
import type { Report, ReportedOutcome } from './report.ts'
import { originalRecipient, typedAddress } from './typed-address.ts'

/** The body of the message/delivery-status part (RFC 3464, 2): a group of fields for the message, then one a recipient. */
export function deliveryStatus(report: Report): string {
  return [perMessage(report), ...report.outcomes.map((outcome) => perRecipient(report, outcome))].join('\r\n')
}

function perMessage({ original, reportingMta }: Report): string {
  return fields([
    ['Reporting-MTA', `dns; ${reportingMta}`],
    ['Original-Envelope-Id', original.envid && decodeXtext(original.envid)],
    ['X-Postrider-Queue-Id', original.id],
    ['Arrival-Date', dateTime(original.acceptedAt)],
  ])
}

function perRecipient(report: Report, outcome: ReportedOutcome): string {
  const { recipient, remoteMta, reply, willRetryUntil, finalLog } = outcome
  return fields([
    ['Original-Recipient', recipient.orcpt && originalRecipient(recipient.orcpt)],
    ['Final-Recipient', typedAddress(recipient.address)],
    ['Action', report.kind === 'delivered' && report.relayed === true ? 'relayed' : report.kind],
    ['Status', statusFor(report.kind, outcome.status)],
    ['Remote-MTA', remoteMta && `dns; ${remoteMta}`],
    ['Diagnostic-Code', reply && diagnosticCode(outcome, reply)],
    ['Last-Attempt-Date', dateTime(outcome.lastAttempt ?? outcome.at)],
    // RFC 3464, 2.3.9: for delayed recipients only.
    ['Will-Retry-Until', report.kind === 'delayed' && willRetryUntil !== undefined && dateTime(willRetryUntil)],
    ['Final-Log-ID', finalLog],
  ])
}

/** The status where its class can go with the action, else the class alone. A failure may be 4.x.x: RFC 3463, 4.4.7 is the one
 * for a message whose time is up. */
export function statusFor(kind: Report['kind'], status: string): string {
  const { classes, otherwise } = {
    failed: { classes: '45', otherwise: '5.0.0' },
    delayed: { classes: '4', otherwise: '4.0.0' },
    delivered: { classes: '2', otherwise: '2.0.0' },
  }[kind]
  return /^\d\.\d{1,3}\.\d{1,3}$/.test(status) && classes.includes(status.charAt(0)) ? status : otherwise
}

/** `smtp` is for what an SMTP server said, and nothing else (RFC 3464, 2.3.6). */
function diagnosticCode(outcome: ReportedOutcome, reply: string): string | undefined {
  const here = foundHere(outcome)
  const text = printableAscii(here ? withoutCodes(reply) : reply)
  if (text === '') return undefined
  return isSmtpReply(text) && !here ? `smtp; ${text}` : `x-postrider; ${text}`
}

/** This platform found it out itself: no server said it. */
export const foundHere = ({ ours }: ReportedOutcome): boolean => ours === true

/** Words of ours look like a reply inside the queue, where their codes decide what is tried again. */
export const withoutCodes = (reply: string): string => reply.replace(/^[45]\d\d (?:[245]\.\d{1,3}\.\d{1,3} )?/, '')

export const isSmtpReply = (reply: string): boolean => /^[2-5]\d\d([ -]|$)/.test(reply)

function fields(list: [name: string, value: string | false | undefined][]): string {
  return list
    .map(([name, value]) => (value === undefined || value === false || value === '' ? '' : field(name, value)))
    .join('')
}
