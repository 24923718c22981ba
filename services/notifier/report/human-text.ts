import { wants } from '@postrider/smtp/dsn-wants'
import { adviceFor } from './advice.ts'
import { foundHere, isSmtpReply, statusFor, withoutCodes } from './delivery-status.ts'
import { oneLine } from './field.ts'
import { originalSubject } from './original-subject.ts'
import type { Report, ReportedOutcome } from './report.ts'

const WIDTH = 72

/** The text part of the report: what happened to each recipient, and what the sender can do. Recipients with the same outcome are reported
 * together. CRLF line ends. */
export function humanText(report: Report, returned: 'headers' | 'full' | undefined): string {
  const { original, reportingMta } = report
  const subject = originalSubject(report.returned)
  const paragraphs = [
    wrap(introduction(report)),
    ...groups(report),
    [
      ...wrap('Your message:'),
      ...(subject === undefined ? [] : wrap(`Subject: ${subject}`, '    ')),
      ...wrap(`Message-ID: ${original.messageId}`, '    '),
      ...wrap(`Received from you: ${moment(original.acceptedAt)} (queue ID ${original.id})`, '    '),
    ],
    wrap(attached(returned)),
    wrap(`This notice was sent by the mail system at ${reportingMta}. Replies to it are not read.`),
  ]
  return `${paragraphs.map((lines) => lines.join('\r\n')).join('\r\n\r\n')}\r\n`
}

function introduction({ kind, relayed, outcomes }: Report): string {
  const one = outcomes.length === 1
  const whom = one ? 'this recipient' : `these ${outcomes.length} recipients`
  switch (kind) {
    case 'failed':
      return `Your message could not be delivered to ${whom}. We will not try again.`
    case 'delayed':
      return `Your message has not been delivered to ${whom} yet. You do not need to do anything: we will keep trying.${
        outcomes.every(({ recipient }) => wants(recipient, 'failed', false))
          ? ' If we have to give up, we will tell you.'
          : ''
      }`
    case 'delivered':
      if (relayed !== true) return `Your message was delivered to ${whom}.`
      return one
        ? "The recipient's mail server has accepted your message. It does not send delivery reports, so you will hear nothing more unless something goes wrong."
        : `The mail servers of ${whom} have accepted your message. They do not send delivery reports, so you will hear nothing more unless something goes wrong.`
  }
}

/** One paragraph for each different outcome. Addresses in replies are ignored in the comparison, because servers repeat the address of the
 * recipient. */
function groups(report: Report): string[][] {
  const alike = Map.groupBy(report.outcomes, (outcome) =>
    outcomeText(report, outcome, "recipient's address").join('\n'),
  )
  return [...alike.values()].map((outcomes) => [
    ...outcomes.flatMap(({ recipient }) => wrap(`<${recipient.address}>`)),
    ...outcomes
      .slice(0, 1)
      .flatMap((first) => outcomeText(report, first, outcomes.length > 1 ? "recipient's address" : undefined)),
  ])
}

/** `name` replaces the address of the recipient in the reply. */
function outcomeText(report: Report, outcome: ReportedOutcome, name: string = outcome.recipient.address): string[] {
  const lines: string[] = []
  const say = (text: string): void => void lines.push(...wrap(text, '    '))
  if (report.kind === 'delivered') {
    say(`${report.relayed === true ? 'Accepted by their server' : 'Delivered'}: ${moment(outcome.at)}`)
  } else {
    const { meaning, todo } = adviceFor(outcome)
    say(meaning)
    if (report.kind === 'failed' && statusFor('failed', outcome.status).startsWith('4')) {
      say(
        `We kept trying from ${moment(report.original.acceptedAt)} until ${moment(outcome.at)}, and have now given up.`,
      )
    }
    if (report.kind === 'delayed' && outcome.willRetryUntil !== undefined) {
      say(`We will keep trying until ${moment(outcome.willRetryUntil)}.`)
    }
    if (report.kind === 'failed') say(`What you can do: ${todo}`)
  }
  const reply = replyText(outcome).replace(named(outcome.recipient.address), () => name)
  if (reply !== '') say(`${speaker(outcome)}: ${reply}`)
  return lines
}

/** The reply on one line: with the code once for a reply of several lines, and without it for a text of this platform. */
function replyText(outcome: ReportedOutcome): string {
  const reply = outcome.reply ?? ''
  if (foundHere(outcome)) return oneLine(withoutCodes(reply))
  return oneLine(reply.replace(/[\r\n]+\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?/g, ' '))
}

/** Matches the address, but not as a part of a longer one. */
const named = (address: string): RegExp => new RegExp(`(?<![\\w.+-])${RegExp.escape(address)}(?![\\w.-])`, 'g')

function speaker(outcome: ReportedOutcome): string {
  if (foundHere(outcome) || !isSmtpReply(outcome.reply ?? '')) return 'Details'
  const { remoteMta } = outcome
  return remoteMta === undefined ? 'The server said' : `${oneLine(remoteMta)} said`
}

function attached(returned: 'headers' | 'full' | undefined): string {
  if (returned === 'full') return 'The message is attached.'
  return returned === 'headers'
    ? 'Only the headers of the message (sender, subject, date and so on) are attached.'
    : 'The message itself is no longer stored here.'
}

/** Lines of at most WIDTH characters where words allow it, each after the indent. */
function wrap(text: string, indent = ''): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of oneLine(text).split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(indent + line)
      line = word
    } else line += line === '' ? word : ` ${word}`
  }
  lines.push(indent + line)
  return lines
}

const moment = (ms: number): string => new Date(ms).toUTCString().replace('GMT', 'UTC')
