import { wants } from '@postrider/dsn/wants'
import { adviceFor } from './advice.ts'
import { isSmtpReply, statusFor } from './delivery-status.ts'
import { oneLine } from './field.ts'
import type { Report, ReportedOutcome } from './report.ts'

const WIDTH = 72

/** The part of the report that is for people: what happened to each recipient, and what the sender can do. CRLF line ends. */
export function humanText(report: Report, returned: 'headers' | 'full' | undefined): string {
  const { original, reportingMta } = report
  const paragraphs = [
    wrap(introduction(report)),
    ...report.outcomes.map((outcome) => recipientText(report, outcome)),
    [
      ...wrap('Your message:'),
      ...wrap(`Message-ID: ${original.messageId}`, '    '),
      ...wrap(`Taken: ${moment(original.acceptedAt)}, as ${original.id}`, '    '),
    ],
    wrap(attached(returned)),
    wrap(`This notice was made by the mail system at ${reportingMta}. Nobody reads replies to it.`),
  ]
  return `${paragraphs.map((lines) => lines.join('\r\n')).join('\r\n\r\n')}\r\n`
}

function introduction({ kind, relayed, outcomes }: Report): string {
  const whom = outcomes.length === 1 ? 'this recipient' : `these ${outcomes.length} recipients`
  switch (kind) {
    case 'failed':
      return `Your message could not be delivered to ${whom}. It will not be tried again.`
    case 'delayed':
      return `Your message has not been delivered to ${whom} yet. You need not do anything: it is being tried again.${
        outcomes.every(({ recipient }) => wants(recipient, 'failed', false))
          ? ' You will be told if it can not be delivered in the end.'
          : ''
      }`
    case 'delivered':
      return relayed === true
        ? `Your message was taken by the mail server of ${whom}. That server sends no notices of its own, so this is the last you hear of it unless something goes wrong.`
        : `Your message was delivered to ${whom}.`
  }
}

function recipientText(report: Report, outcome: ReportedOutcome): string[] {
  const lines = wrap(`<${outcome.recipient.address}>`)
  const say = (text: string): void => void lines.push(...wrap(text, '    '))
  if (report.kind === 'delivered') say(`${report.relayed === true ? 'Passed on' : 'Delivered'}: ${moment(outcome.at)}`)
  else {
    const { meaning, todo } = adviceFor(outcome.category)
    say(meaning)
    if (report.kind === 'failed' && statusFor('failed', outcome.status) === '4.4.7') {
      say(`It was tried again and again since ${moment(report.original.acceptedAt)}; now the time is up.`)
    }
    if (report.kind === 'delayed' && outcome.willRetryUntil !== undefined) {
      say(`It will be tried again until ${moment(outcome.willRetryUntil)}.`)
    }
    if (report.kind === 'failed' && todo !== undefined) say(`What you can do: ${todo}`)
  }
  // Of a reply in several lines, the code is worth saying once.
  const reply = oneLine((outcome.reply ?? '').replace(/[\r\n]+\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?/g, ' '))
  if (reply !== '') say(`${speaker(outcome, reply)}: ${reply}`)
  return lines
}

function speaker({ remoteMta }: ReportedOutcome, reply: string): string {
  if (!isSmtpReply(reply)) return 'Details'
  return remoteMta === undefined ? 'The server said' : `${oneLine(remoteMta)} said`
}

function attached(returned: 'headers' | 'full' | undefined): string {
  if (returned === 'full') return 'The message is attached.'
  return returned === 'headers'
    ? 'The headers of the message are attached.'
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
