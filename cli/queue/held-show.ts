import type { HeldAnswer, HeldMessage } from '@postrider/message-log/review'
import { isoSeconds } from '@postrider/time/iso'

/** One line per message, the oldest first. */
export function heldList({ messages, count }: HeldAnswer): string[] {
  const lines = messages.map(({ envelope, why }) => {
    const [first, ...more] = envelope.recipients.map(({ address }) => address)
    const others = more.length === 0 ? '' : ` and ${more.length} more`
    const size = `${envelope.size} octets`
    return `${envelope.id}  ${isoSeconds(envelope.acceptedAt)}  ${envelope.from || '<>'}  ${first}${others}  ${size}  ${why.scanner}: ${why.reason}`
  })
  return [...lines, `${count} held for review`]
}

const STATES = {
  held: 'waiting for: queue held release or delete',
  released: 'released',
  deleted: 'deleted',
  expired: 'deleted, because it was not reviewed in time',
}

/** The part of a message's story about its review. */
export function heldLines({ envelope, why, state, decidedAt }: HeldMessage): string[] {
  return [
    `  held        ${isoSeconds(envelope.acceptedAt)} by ${why.scanner}: ${why.reason}`,
    `  review      ${STATES[state]}${decidedAt === null ? '' : ` ${isoSeconds(decidedAt)}`}`,
    ...(state === 'held' ? envelope.recipients.map(({ address }) => `  to          ${address}  held`) : []),
  ]
}
