import type { Envelope } from '@postrider/mail/envelope'
import type { AttemptEvent, CancelEvent, RecipientOutcome } from '@postrider/queue/event'

/** The log's answers, as the notifier gives them. */
export interface QueuedRecipient {
  id: string
  address: string
  destination: string
  state: string
  attempts: number
  outcome: RecipientOutcome | null
  remote: { host: string } | null
  nextAt: number | null
  updatedAt: number
  acceptedAt?: number
  from?: string
}

export interface QueueAnswer {
  recipients: QueuedRecipient[]
  count: { queued: number; deferred: number; due: number }
}

export interface MessageAnswer {
  found: boolean
  envelope?: Envelope
  settledAt?: number | null
  erasedAt?: number | null
  recipients: QueuedRecipient[]
  story: (AttemptEvent | CancelEvent)[]
}

const time = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')

/** One line a recipient that is not settled, oldest first. */
export function queueLines({ recipients, count }: QueueAnswer, now: number): string[] {
  const lines = recipients.map((recipient) => {
    const due = recipient.nextAt === null ? 'now' : recipient.nextAt <= now ? 'due' : time(recipient.nextAt)
    const words = recipient.outcome === null ? 'not attempted yet' : recipient.outcome.reply
    return `${recipient.id}  ${recipient.from || '<>'}  ${recipient.address}  ${recipient.state}  attempts ${recipient.attempts}  next ${due}  ${words}`
  })
  return [...lines, `${count.queued} queued, ${count.deferred} deferred, ${count.due} due now`]
}

/** The story of a message: what it was, what happened to whom and when, what is left of it. */
export function storyLines(id: string, answer: MessageAnswer): string[] {
  const { envelope } = answer
  if (envelope === undefined)
    return [`${id} is not known: never accepted here, or forgotten after its placeholder's time`]
  const notice =
    envelope.notice === undefined ? [] : [`  notice      ${envelope.notice.kind}, about ${envelope.notice.of}`]
  return [
    `message ${id}`,
    `  from        <${envelope.from}>${envelope.credential === '' ? '' : `, submitted by ${envelope.credential}`}`,
    `  message-id  ${envelope.messageId}`,
    `  size        ${envelope.size} octets`,
    `  accepted    ${time(envelope.acceptedAt)}`,
    ...notice,
    ...answer.recipients.map((recipient) => {
      const next = recipient.nextAt === null ? '' : `, next attempt ${time(recipient.nextAt)}`
      const words = recipient.outcome === null ? '' : `: ${recipient.outcome.reply}`
      return `  to          ${recipient.address}  ${recipient.state} after ${recipient.attempts} attempts${next}${words}`
    }),
    ...answer.story.flatMap(eventLines),
    contentLine(answer),
  ]
}

function eventLines(event: AttemptEvent | CancelEvent): string[] {
  if (event.type === 'cancel') return [`  ${time(event.at)}  cancelled for ${event.recipients.join(', ')}`]
  const where = event.remote === undefined ? event.destination : `${event.remote.host} [${event.remote.address}]`
  return event.outcomes.map(
    (outcome) =>
      `  ${time(event.at)}  attempt ${event.attempt} at ${where}: ${outcome.address} ${outcome.state} (${outcome.category}, ${outcome.stage}): ${outcome.reply}`,
  )
}

function contentLine({ erasedAt, settledAt }: MessageAnswer): string {
  if (erasedAt) return `  content     deleted ${time(erasedAt)}; this placeholder stays`
  return settledAt ? '  content     kept until its retention ends' : '  content     kept; the message is not settled'
}
