import type { MessageAnswer, QueueAnswer } from '@postrider/message-log/messages'
import { heldLines } from './held-show.ts'
import { isoSeconds } from '@postrider/time/iso'
import type { AttemptEvent, CancelEvent } from '@postrider/queue/event'

/** One line per unsettled recipient, the oldest first. */
export function queueLines({ recipients, count }: QueueAnswer, now: number): string[] {
  const lines = recipients.map((recipient) => {
    const due = recipient.nextAt === null ? 'now' : recipient.nextAt <= now ? 'due' : isoSeconds(recipient.nextAt)
    const words =
      recipient.outcome === null
        ? recipient.nextAt === null
          ? 'not attempted yet'
          : 'scheduled by its sender'
        : recipient.outcome.reply
    return `${recipient.id}  ${recipient.from || '<>'}  ${recipient.address}  ${recipient.state}  attempts ${recipient.attempts}  next ${due}  ${words}`
  })
  return [...lines, `${count.queued} queued, ${count.deferred} deferred, ${count.due} due now`]
}

/** The story of a message: what it is, what happened to each recipient and when, what is left of it. */
export function storyLines(id: string, answer: MessageAnswer): string[] {
  const { envelope } = answer
  if (envelope === undefined) return [`message ${id}`, ...answer.story.flatMap(eventLines)]
  const notice =
    envelope.notice === undefined ? [] : [`  notice      ${envelope.notice.kind}, about ${envelope.notice.of}`]
  return [
    `message ${id}`,
    `  from        <${envelope.from}>${envelope.credential === '' ? '' : `, submitted by ${envelope.credential}`}`,
    `  message-id  ${envelope.messageId}`,
    `  size        ${envelope.size} octets`,
    `  accepted    ${isoSeconds(envelope.acceptedAt)}`,
    ...(envelope.releaseAt === undefined ? [] : [`  scheduled   ${isoSeconds(envelope.releaseAt)}`]),
    ...notice,
    ...(answer.held === undefined ? [] : heldLines(answer.held)),
    ...answer.recipients.map((recipient) => {
      const next = recipient.nextAt === null ? '' : `, next attempt ${isoSeconds(recipient.nextAt)}`
      const words = recipient.outcome === null ? '' : `: ${recipient.outcome.reply}`
      const attempts = `${recipient.attempts} ${recipient.attempts === 1 ? 'attempt' : 'attempts'}`
      return `  to          ${recipient.address}  ${recipient.state} after ${attempts}${next}${words}`
    }),
    ...[...plainDeliveries(answer), ...answer.story].sort((a, b) => a.at - b.at).flatMap(eventLines),
    contentLine(answer),
  ]
}

type Told = Pick<AttemptEvent, 'type' | 'at' | 'attempt' | 'destination' | 'outcomes' | 'remote'> | CancelEvent

/** The log keeps no event for a delivery at the first attempt, but all the data for one. */
function plainDeliveries({ recipients, story }: MessageAnswer): Told[] {
  const reported = new Set(
    story.flatMap((event) => ('outcomes' in event ? event.outcomes : []).map((one) => one.address)),
  )
  return recipients.flatMap(({ address, outcome, remote, destination, updatedAt: at }) => {
    if (reported.has(address) || outcome?.state !== 'delivered') return []
    const event = { type: 'attempt' as const, at, attempt: 1, destination, outcomes: [outcome] }
    return [remote ? { ...event, remote } : event]
  })
}

function eventLines(event: Told): string[] {
  if (event.type === 'cancel') return [`  ${isoSeconds(event.at)}  cancelled for ${event.recipients.join(', ')}`]
  const where = event.remote === undefined ? event.destination : `${event.remote.host} [${event.remote.address}]`
  return event.outcomes.map(
    (outcome) =>
      `  ${isoSeconds(event.at)}  attempt ${event.attempt} at ${where}: ${outcome.address} ${outcome.state} (${outcome.category}, ${outcome.stage}): ${outcome.reply}`,
  )
}

function contentLine({ erasedAt, settledAt, held, recipients }: MessageAnswer): string {
  if (held !== undefined && recipients.length === 0) {
    return held.content === null
      ? '  content     deleted; this placeholder stays'
      : '  content     kept until the message is released or deleted'
  }
  if (erasedAt) return `  content     deleted ${isoSeconds(erasedAt)}; this placeholder stays`
  return settledAt
    ? '  content     kept until its retention ends'
    : '  content     kept; some recipients are still open'
}
